import { lstatSync, mkdirSync } from "node:fs";
import { join } from "node:path";
import { fault } from "../runner/base/fault";
import { fileStamp } from "../runner/base/fileHash";
import { readJson } from "../runner/base/readJson";
import { replaceFile } from "../runner/base/replaceFile";
import { run } from "./command";
import { engineEnvironment, writeEnvironment } from "./environment";
import { withToldLock } from "./lock";
import { CHECKOUT, places, type Environment } from "./paths";
import {
  ensurePostgresqlPlugin,
  isCurrent,
  pluginExecutable,
  type InstalledPlugin,
} from "./plugins";
import { say } from "./progress";
import { ensurePulumi, findInCache, ORIGINS, pulumiOnPath, type Pulumi } from "./pulumi";
import { passphraseRemedy } from "./state";

/** What is needed to run `pulumi` for this checkout. */
export interface Engine extends Pulumi {
  readonly postgresqlPlugin: InstalledPlugin;
  /** The environment for `pulumi` and for programs that start it. */
  readonly environment: Environment;
}

/** What running `pulumi` needs of it. */
export type Runnable = Pick<Engine, "bin" | "environment">;

/** The content of `.v7/engine.json`, with the files' stamps at that time. */
interface EngineRecord {
  readonly checkout: string;
  /** The `pulumi` on PATH, even where it was not used: after a change PATH must be examined again. */
  readonly onPath: string;
  readonly pulumi: Pulumi;
  readonly stamps: Readonly<Record<string, string | undefined>>;
  readonly postgresqlPlugin: InstalledPlugin;
}

/**
 * Prepares an engine, its plugins and `.v7/env`, if necessary. Where nothing has changed since the last run it starts no
 * process and takes some milliseconds.
 *
 * @throws ENGINE_MISSING, PLUGIN_MISSING
 */
export async function prepareEngine(): Promise<Engine> {
  const { own, temporary } = places();
  mkdirSync(own, { recursive: true });
  // TMPDIR of every process in this environment; `npm stop` removes it.
  mkdirSync(temporary, { recursive: true, mode: 0o700 });
  const prepareUnlessDone = async (): Promise<Engine> =>
    unchangedEngine() ?? (await prepare(readRecord()?.postgresqlPlugin));
  return (
    unchangedEngine() ??
    withToldLock(join(own, "prepare.lock"), "preparing this checkout", prepareUnlessDone)
  );
}

/** The engine that was prepared before, if its files still exist; prepares nothing. */
export function preparedEngine(): Engine | undefined {
  const recorded = readRecord();
  return recorded !== undefined && isThere(recorded) ? engineOf(recorded) : undefined;
}

/** The engine that was prepared before, if its plugin is the wanted one, too. */
function unchangedEngine(): Engine | undefined {
  const engine = preparedEngine();
  return isCurrent(engine?.postgresqlPlugin) ? engine : undefined;
}

async function prepare(before: InstalledPlugin | undefined): Promise<Engine> {
  const { cache } = places();
  const pulumi = await ensurePulumi(cache);
  writeEnvironment(pulumi.bin);
  const environment = engineEnvironment(pulumi.bin);
  const postgresqlPlugin = await ensurePostgresqlPlugin(environment, before);
  const record: EngineRecord = {
    checkout: CHECKOUT,
    onPath: onPath(cache),
    pulumi,
    stamps: stampsOf(pulumi),
    postgresqlPlugin,
  };
  replaceFile(places().record, JSON.stringify(record, null, 2));
  say(
    `Pulumi ${pulumi.version} (${ORIGINS[pulumi.kind]}, ${pulumi.bin}), postgresql plugin (${postgresqlPlugin.source})`,
  );
  return engineOf(record);
}

function engineOf(record: EngineRecord): Engine {
  const environment = engineEnvironment(record.pulumi.bin);
  return { ...record.pulumi, postgresqlPlugin: record.postgresqlPlugin, environment };
}

/** Whether the prepared files exist with the recorded stamps. */
function isThere(record: EngineRecord): boolean {
  const { cache, environmentFile, v7 } = places();
  const stamps = stampsOf(record.pulumi);
  return (
    record.checkout === CHECKOUT &&
    record.onPath === onPath(cache) &&
    (record.pulumi.kind === "path" || findInCache(cache)?.bin === record.pulumi.bin) &&
    Object.values(stamps).every((stamp) => stamp !== undefined) &&
    JSON.stringify(stamps) === JSON.stringify(record.stamps) &&
    fileStamp(environmentFile) !== undefined &&
    lstatSync(v7, { throwIfNoEntry: false }) !== undefined
  );
}

function stampsOf(pulumi: Pulumi): Record<string, string | undefined> {
  const files = [join(pulumi.bin, "pulumi"), pulumi.languageHost, pluginExecutable("postgresql")];
  return Object.fromEntries(files.map((file) => [file, fileStamp(file)]));
}

function onPath(cache: string): string {
  const command = pulumiOnPath(cache);
  return command === undefined ? "none" : `${command} ${fileStamp(command) ?? ""}`;
}

function readRecord(): EngineRecord | undefined {
  return readJson(places().record) as EngineRecord | undefined;
}

/** Runs `pulumi` in the engine's environment and shows its output. */
export async function runPulumi(
  { bin, environment }: Runnable,
  args: readonly string[],
): Promise<number> {
  const options = { folder: CHECKOUT, environment, show: true };
  return (await run(join(bin, "pulumi"), args, options)).code;
}

/**
 * Runs `pulumi` with these words in the checkout, and returns its standard output. Every command names its stack: the
 * stack that the user selected stays selected.
 *
 * @throws BRANCH_FAILED with Pulumi's message
 */
export type AskPulumi = (words: readonly string[]) => Promise<string>;

export function pulumiOf({ bin, environment }: Runnable): AskPulumi {
  return async (words) => {
    const { code, output, errors } = await run(
      join(bin, "pulumi"),
      [...words, "--non-interactive"],
      { folder: CHECKOUT, environment },
    );
    if (code !== 0) {
      throw fault("BRANCH_FAILED", {
        what: `running pulumi ${words.slice(0, 2).join(" ")}`,
        found: errors.trim().replace(/^error: /, ""),
        remedy:
          passphraseRemedy(errors) ??
          "Read Pulumi's message, correct its cause and run the command again",
      });
    }
    return output;
  };
}
