import { createWriteStream, mkdirSync, readFileSync, renameSync, rmSync } from "node:fs";
import { join } from "node:path";
import { Readable, Transform } from "node:stream";
import { pipeline } from "node:stream/promises";
import { fault, messageOf } from "../runner/base/fault";
import { findOnPath, isExecutable, run } from "./command";
import { unpackModuleZip } from "./moduleZip";
import { CHECKOUT, places } from "./paths";
import { answers } from "./probe";
import { step, type Note } from "./progress";
import { GO_VERSION, isAtLeast } from "./versions";

/**
 * The checksums of golang.org/toolchain v0.0.1-go1.26.8.<platform>, from sum.golang.org. Go's module proxy, which the build
 * needs anyway, serves the Go project's own builds as modules.
 */
const TOOLCHAIN_CHECKSUMS: Readonly<Record<string, string>> = {
  "linux-amd64": "h1:ZOmGe1OnfREDMIdb1Qi4G9JSuDPBLGExZMQ4nis1RXM=",
  "linux-arm64": "h1:sYL/O6MqS68ML0kjsQ36WoYIpJqkw60TxizWUYUKQMc=",
  "darwin-amd64": "h1:7/9KPPN8PckcA9s91hm2jmQMhzW4KyTJXHIs45L0C9M=",
  "darwin-arm64": "h1:dFjGhY6f8DTsY8/rLchUTDRRfjJP4pCrGCwxvHFT2Fg=",
};

/** This machine's platform as Go names it: `linux-amd64`. */
export const GO_PLATFORM = `${process.platform}-${process.arch === "x64" ? "amd64" : process.arch}`;

/** The oldest Go that builds the engine: the `go` line of engine/go/go.mod. */
export function oldestGo(): string {
  return (
    /^go (\S+)$/m.exec(readFileSync(join(CHECKOUT, "engine", "go", "go.mod"), "utf8"))?.[1] ??
    GO_VERSION
  );
}

/** This machine's `go` of any version: on PATH, or where Go's installers put it. */
export async function findGo(): Promise<
  { readonly go: string; readonly version: string } | undefined
> {
  const home = process.env["HOME"] ?? "/";
  const go = [
    findOnPath("go"),
    "/usr/local/go/bin/go",
    "/opt/homebrew/bin/go",
    join(home, "go", "bin", "go"),
  ].find((candidate) => candidate !== undefined && isExecutable(candidate));
  if (go === undefined) {
    return undefined;
  }
  // Every go command writes telemetry counters below HOME.
  const { temporary } = places();
  const environment = {
    ...process.env,
    GOTOOLCHAIN: "local",
    HOME: temporary,
    XDG_CONFIG_HOME: temporary,
  };
  const { code, output } = await run(go, ["version"], { environment, folder: "/" });
  return code === 0 ? { go, version: /go\d\S*/.exec(output)?.[0] ?? "" } : undefined;
}

/**
 * A `go` that builds the engine: the machine's where it is new enough, else the Go project's own, fetched as a module.
 *
 * @param folder the folder for a fetched Go
 * @throws ENGINE_MISSING where there is none and none can be fetched
 */
export async function ensureGo(folder: string): Promise<string> {
  const found = await findGo();
  if (found !== undefined && isAtLeast(found.version, oldestGo())) {
    return found.go;
  }
  const fetched = join(folder, `toolchain-${GO_VERSION}`);
  if (!isExecutable(join(fetched, "bin", "go"))) {
    await step(`fetching Go ${GO_VERSION} (70 MB, for building only)`, (note) =>
      fetchGo(fetched, note),
    );
  }
  return join(fetched, "bin", "go");
}

async function fetchGo(folder: string, note: Note): Promise<void> {
  const checksum = TOOLCHAIN_CHECKSUMS[GO_PLATFORM];
  const url = `${moduleProxy()}/golang.org/toolchain/@v/v0.0.1-go${GO_VERSION}.${GO_PLATFORM}.zip`;
  const temporary = `${folder}.${process.pid}`;
  try {
    if (checksum === undefined) {
      throw new Error(`no checksum of a Go for ${GO_PLATFORM}`);
    }
    if (!(await answers(new URL(url).hostname))) {
      throw new Error(`${new URL(url).hostname} does not answer`);
    }
    mkdirSync(temporary, { recursive: true });
    await download(url, `${temporary}.zip`, note);
    const found = unpackModuleZip(`${temporary}.zip`, temporary, (path) =>
      /^(bin|pkg\/tool)\//.test(path),
    );
    if (found !== checksum) {
      throw new Error(`the checksum ${found} instead of ${checksum}`);
    }
    rmSync(folder, { recursive: true, force: true });
    renameSync(temporary, folder);
  } catch (cause) {
    throw fault("ENGINE_MISSING", {
      what: `fetching Go ${GO_VERSION} from "${url}"`,
      found: messageOf(cause),
      remedy: `Install Pulumi (https://www.pulumi.com/docs/install/) or Go ${oldestGo()} or newer, and run this again`,
      cause,
    });
  } finally {
    rmSync(`${temporary}.zip`, { force: true });
    rmSync(temporary, { recursive: true, force: true });
  }
}

/** The first proxy that GOPROXY names, else Go's own default. */
function moduleProxy(): string {
  const named = (process.env["GOPROXY"] ?? "")
    .split(/[,|]/)
    .find((one) => /^https?:\/\//.test(one));
  return (named ?? "https://proxy.golang.org").replace(/\/$/, "");
}

async function download(url: string, file: string, note: Note): Promise<void> {
  const response = await fetch(url, { signal: AbortSignal.timeout(15 * 60_000) });
  if (!response.ok || response.body === null) {
    throw new Error(`the answer ${response.status} ${response.statusText}`);
  }
  let received = 0;
  const count = new Transform({
    transform(chunk: Buffer, _encoding, done) {
      received += chunk.length;
      note(`${Math.round(received / 1e6)} MB`);
      done(null, chunk);
    },
  });
  await pipeline(Readable.fromWeb(response.body), count, createWriteStream(file));
}
