import { execFileSync } from "node:child_process";
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { dirname, join } from "node:path";
import { brotliDecompressSync } from "node:zlib";
import { chromium, type Browser } from "playwright-core";
import { findOnPath } from "../../engine/command";
import { ROOT } from "./repository";

/** Places of a machine's own browser, for machines for which the package has no binary. */
const OWN = ["chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome"];
const OWN_ON_MACOS = "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome";

interface Place {
  readonly executable: string;
  readonly environment: Readonly<Record<string, string>>;
}

/** A headless Chromium: npm's on x64 Linux, else the machine's own. It fails rather than skips. */
export async function startBrowser(): Promise<Browser> {
  const { executable, environment } =
    process.platform === "linux" && process.arch === "x64" ? packagedChromium() : ownChromium();
  return await chromium.launch({
    executablePath: executable,
    // Root has no sandbox, and the page is ours.
    args: ["--no-sandbox"],
    env: { ...process.env, ...environment },
  });
}

/**
 * @sparticuz/chromium ships a Chromium, its libraries and a font inside the npm package, packed. Its own unpacking goes
 * to a fixed place in /tmp, where two users, or a half-written file, would collide; this one goes to .v7.
 */
function packagedChromium(): Place {
  const source = join(ROOT, "node_modules", "@sparticuz", "chromium");
  const { version } = JSON.parse(readFileSync(join(source, "package.json"), "utf8")) as {
    version: string;
  };
  const folder = join(ROOT, ".v7", `chromium-${version}`);
  if (!existsSync(folder)) {
    mkdirSync(dirname(folder), { recursive: true });
    const making = mkdtempSync(`${folder}.`);
    const unpacked = (name: string): Buffer =>
      brotliDecompressSync(readFileSync(join(source, "bin", name)));
    writeFileSync(join(making, "chromium"), unpacked("chromium.br"), { mode: 0o755 });
    for (const archive of ["al2023.tar.br", "fonts.tar.br"]) {
      execFileSync("tar", ["-x", "-f", "-", "-C", making], { input: unpacked(archive) });
    }
    writeFileSync(join(making, "fonts.conf"), fontConfiguration(folder));
    putInPlace(making, folder);
  }
  return {
    executable: join(folder, "chromium"),
    environment: {
      LD_LIBRARY_PATH: join(folder, "lib"),
      FONTCONFIG_FILE: join(folder, "fonts.conf"),
    },
  };
}

function putInPlace(making: string, folder: string): void {
  try {
    renameSync(making, folder);
  } catch (error) {
    rmSync(making, { recursive: true, force: true });
    // Another process was first.
    if (!existsSync(folder)) {
      throw error;
    }
  }
}

/** The machine's fonts, and the package's for a machine without any. */
function fontConfiguration(folder: string): string {
  return `<?xml version="1.0"?>
<!DOCTYPE fontconfig SYSTEM "fonts.dtd">
<fontconfig>
  <dir>/usr/share/fonts</dir>
  <dir>${folder}/fonts</dir>
  <cachedir>${folder}/font-cache</cachedir>
</fontconfig>
`;
}

function ownChromium(): Place {
  const found = OWN.map((name) => findOnPath(name)).find((path) => path !== undefined);
  const executable = found ?? (existsSync(OWN_ON_MACOS) ? OWN_ON_MACOS : undefined);
  if (executable === undefined) {
    throw new Error(
      `no Chromium for ${process.platform} ${process.arch}: install Chrome or Chromium`,
    );
  }
  return { executable, environment: {} };
}
