import { realpathSync } from "node:fs";
import { dirname, join } from "node:path";
import { buildEngine, builtEngineFolder } from "./builtEngine";
import { findOnPath, isExecutable, run } from "./command";
import { withToldLock } from "./lock";
import { downloadEngine, officialEngineFolder } from "./officialEngine";
import { say } from "./progress";
import { isAtLeast, OLDEST_PULUMI, PULUMI_VERSION, versionNumbers } from "./versions";

type EngineKind = "path" | "official" | "built";

/** Where an engine comes from, in words. */
export const ORIGINS: Readonly<Record<EngineKind, string>> = {
  path: "on PATH",
  official: "official download",
  built: "built from Go modules",
};

/** A Pulumi command with its Node.js language host. */
export interface Pulumi {
  readonly kind: EngineKind;
  /** The command's folder, which is first on PATH when it runs. */
  readonly bin: string;
  readonly version: string;
  readonly languageHost: string;
}

const COMMAND = "pulumi";
const HOST = "pulumi-language-nodejs";

/** The first `pulumi` on PATH that is not from our cache; undefined where there is none. Starts no process. */
export function pulumiOnPath(cache: string): string | undefined {
  return findOnPath(COMMAND, process.env, (folder) => folder.startsWith(cache));
}

/**
 * Finds a Pulumi engine on PATH or in the cache, else downloads the official one, else builds one from Go modules.
 *
 * Where several processes need one at once, one makes it and the others wait.
 *
 * @throws ENGINE_MISSING where none is found and none can be made
 */
export async function ensurePulumi(cache: string): Promise<Pulumi> {
  const found = (await usableOnPath(cache)) ?? findInCache(cache);
  if (found !== undefined) {
    return found;
  }
  return withToldLock(join(cache, "engine.lock"), "making the engine", async () => {
    const made = findInCache(cache);
    if (made !== undefined) {
      return made;
    }
    const official = await downloadEngine(cache);
    return official === undefined
      ? inFolder("built", await buildEngine(cache))
      : inFolder("official", official);
  });
}

/** The cache's engine of this version, an official one first; undefined where it has none. */
export function findInCache(cache: string): Pulumi | undefined {
  const candidates = [
    inFolder("official", officialEngineFolder(cache)),
    inFolder("built", builtEngineFolder(cache)),
  ];
  return candidates.find(
    ({ bin, languageHost }) => isExecutable(join(bin, COMMAND)) && isExecutable(languageHost),
  );
}

function inFolder(kind: EngineKind, folder: string): Pulumi {
  const bin = join(folder, "bin");
  return { kind, bin, version: PULUMI_VERSION, languageHost: join(bin, HOST) };
}

/** The engine on PATH, if it is new enough and has a Node.js language host; else says why it is not used. */
export async function usableOnPath(cache: string): Promise<Pulumi | undefined> {
  const command = pulumiOnPath(cache);
  if (command === undefined) {
    return undefined;
  }
  const environment = { ...process.env, PULUMI_SKIP_UPDATE_CHECK: "1" };
  const { code, output } = await run(command, ["version"], { environment, timeoutSeconds: 20 });
  const version = output.trim();
  const isSameMajor = versionNumbers(version)?.[0] === versionNumbers(PULUMI_VERSION)?.[0];
  if (code !== 0 || !isSameMajor || !isAtLeast(version, OLDEST_PULUMI)) {
    say(
      `"${command}" is not used: found ${version === "" ? `exit code ${code}` : version}, expected ${OLDEST_PULUMI} or newer`,
    );
    return undefined;
  }
  const beside = join(dirname(realpathSync(command)), HOST);
  const languageHost = isExecutable(beside) ? beside : findOnPath(HOST);
  if (languageHost === undefined) {
    say(`"${command}" is not used: no ${HOST} beside it or on PATH`);
    return undefined;
  }
  return { kind: "path", bin: dirname(command), version: version.replace(/^v/, ""), languageHost };
}
