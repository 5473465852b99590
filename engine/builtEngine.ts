import {
  copyFileSync,
  existsSync,
  linkSync,
  mkdirSync,
  readdirSync,
  renameSync,
  rmSync,
} from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";
import { fault } from "../runner/base/fault";
import { hashOf } from "../runner/base/fileHash";
import { lastLines, run } from "./command";
import { ensureGo, GO_PLATFORM } from "./goToolchain";
import { CHECKOUT } from "./paths";
import { say, step } from "./progress";
import { PULUMI_VERSION } from "./versions";

const GO_FOLDER = join(CHECKOUT, "engine", "go");
const MODULE_FILES = ["go.mod", "go.sum", "tools.go"];
const HOST = "pulumi-language-nodejs";

/** The cache's folder of a built engine; its name has a digest of the engine's sources. */
export function builtEngineFolder(cache: string): string {
  return join(cache, `built-${PULUMI_VERSION}-${key([...MODULE_FILES, HOST])}`);
}

function key(paths: readonly string[]): string {
  return hashOf(GO_FOLDER, paths, [PULUMI_VERSION, GO_PLATFORM]).slice(0, 16);
}

/**
 * Builds the Pulumi command and the Node.js language host from Go modules, which takes 4 minutes on 2 cores.
 *
 * The command, which takes nearly all of the time, is cached separately, so that a changed host is built alone. Files are
 * built under temporary names and renamed. Go's caches are the user's where GOMODCACHE and GOCACHE name them, else
 * folders in our cache, which an interrupted build uses again and a finished build removes.
 *
 * @throws ENGINE_MISSING where there is no Go, or the build fails
 */
export async function buildEngine(cache: string): Promise<string> {
  const finished = builtEngineFolder(cache);
  const command = join(cache, `command-${PULUMI_VERSION}-${key(MODULE_FILES)}`);
  const work = join(cache, "go");
  const temporary = join(cache, `building.${process.pid}`);
  removeUnfinished(cache);
  mkdirSync(join(temporary, "bin"), { recursive: true });
  try {
    const go = await ensureGo(work);
    if (!existsSync(command)) {
      say(
        `building Pulumi ${PULUMI_VERSION} from its Go modules: this takes about 4 minutes on 2 cores, once`,
      );
      await build(
        go,
        work,
        "github.com/pulumi/pulumi/pkg/v3/cmd/pulumi",
        join(temporary, "pulumi"),
      );
      renameSync(join(temporary, "pulumi"), command);
    }
    linkOrCopy(command, join(temporary, "bin", "pulumi"));
    await build(go, work, `./${HOST}`, join(temporary, "bin", HOST));
    rmSync(finished, { recursive: true, force: true });
    renameSync(temporary, finished);
    rmSync(work, { recursive: true, force: true });
    return finished;
  } finally {
    rmSync(temporary, { recursive: true, force: true });
  }
}

/** Removes what killed builds left. The caller holds the engine's lock: no other build is running. */
function removeUnfinished(cache: string): void {
  readdirSync(cache)
    .filter((name) => name.startsWith("building."))
    .forEach((name) => {
      rmSync(join(cache, name), { recursive: true, force: true });
    });
}

async function build(go: string, work: string, what: string, output: string): Promise<void> {
  const flags = `-s -w -X github.com/pulumi/pulumi/sdk/v3/go/common/version.Version=v${PULUMI_VERSION}`;
  const args = ["build", "-v", "-trimpath", "-ldflags", flags, "-o", output, what];
  const name = what.slice(what.lastIndexOf("/") + 1);
  await step(`building ${name}`, async (note) => {
    let fetched = 0;
    let compiled = 0;
    const { code, errors } = await run(go, args, {
      folder: GO_FOLDER,
      environment: goEnvironment(work),
      onErrorLine: (line) => {
        if (line.startsWith("go: downloading")) {
          note(`${++fetched} modules fetched`);
        } else {
          note(`${++compiled} packages compiled`);
        }
      },
    });
    if (code !== 0) {
      throw fault("ENGINE_MISSING", {
        what: `building "${what}" with "${go}"`,
        found: `exit code ${code}`,
        remedy:
          "Install Pulumi (https://www.pulumi.com/docs/install/), or let this machine reach a Go module proxy",
        detail: lastLines(errors),
      });
    }
  });
}

/** Go's environment: without cgo (no C compiler needed, runs with any libc), and writing only to the cache. */
function goEnvironment(work: string): Record<string, string | undefined> {
  const folders = {
    home: join(work, "home"),
    modules: join(work, "modules"),
    objects: join(work, "objects"),
  };
  Object.values(folders).forEach((folder) => mkdirSync(folder, { recursive: true }));
  const settings = join(process.env["XDG_CONFIG_HOME"] ?? join(homedir(), ".config"), "go", "env");
  return {
    ...process.env,
    // Go writes telemetry counters below HOME. GOENV keeps the settings that the user made with `go env -w`.
    HOME: folders.home,
    XDG_CONFIG_HOME: join(folders.home, ".config"),
    GOENV: process.env["GOENV"] ?? (existsSync(settings) ? settings : "off"),
    GOMODCACHE: process.env["GOMODCACHE"] ?? folders.modules,
    GOCACHE: process.env["GOCACHE"] ?? folders.objects,
    GOPATH: join(work, "path"),
    GOFLAGS: "-mod=readonly -modcacherw -buildvcs=false",
    GOTOOLCHAIN: "local",
    GOWORK: "off",
    CGO_ENABLED: "0",
  };
}

function linkOrCopy(from: string, to: string): void {
  try {
    linkSync(from, to);
  } catch {
    copyFileSync(from, to);
  }
}
