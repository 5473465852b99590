import { lstatSync, mkdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileStamp } from "../runner/base/fileHash";
import { replaceFile } from "../runner/base/replaceFile";
import { run } from "./command";
import { engineEnvironment, writeEnvironment } from "./environment";
import { withToldLock } from "./lock";
import { CHECKOUT, places } from "./paths";
import {
  ensurePostgresqlPlugin,
  isCurrent,
  pluginExecutable,
  type InstalledPlugin,
} from "./plugins";
import { say } from "./progress";
import { ensurePulumi, findInCache, pulumiOnPath, type Pulumi } from "./pulumi";

/** All that it takes to run `pulumi` for this checkout. */
export interface Engine extends Pulumi {
  readonly postgresqlPlugin: InstalledPlugin;
  /** The environment to run `pulumi` in, and whatever starts it. */
  readonly environment: Readonly<Record<string, string | undefined>>;
}

/** What `.v7/engine.json` holds. The stamps are those of the files at that time. */
interface EngineRecord {
  readonly checkout: string;
  /** The `pulumi` that PATH had, even where it was not used: another one must be looked at again. */
  readonly onPath: string;
  readonly pulumi: Pulumi;
  readonly stamps: Readonly<Record<string, string | undefined>>;
  readonly postgresqlPlugin: InstalledPlugin;
}

/**
 * Makes sure of an engine, of its plugins and of `.v7/env`; says what it does where it does anything.
 *
 * A run that finds all as the last one left it starts no process and takes some milliseconds.
 *
 * @throws ENGINE_MISSING, PLUGIN_MISSING
 */
export async function prepareEngine(): Promise<Engine> {
  const { own, temporary } = places();
  mkdirSync(own, { recursive: true });
  // TMPDIR of all that runs in this environment; `npm stop` has taken it away.
  mkdirSync(temporary, { recursive: true, mode: 0o700 });
  const recorded = readRecord();
  if (recorded !== undefined && isUnchanged(recorded)) {
    return engineOf(recorded);
  }
  return withToldLock(join(own, "prepare.lock"), "preparing this checkout", async () => {
    const meanwhile = readRecord();
    return meanwhile !== undefined && isUnchanged(meanwhile)
      ? engineOf(meanwhile)
      : prepare(meanwhile);
  });
}

/** What was prepared before, where it is still there; changes nothing. For those who only look. */
export function preparedEngine(): Engine | undefined {
  const recorded = readRecord();
  return recorded !== undefined && isThere(recorded) ? engineOf(recorded) : undefined;
}

async function prepare(before: EngineRecord | undefined): Promise<Engine> {
  const { cache } = places();
  const pulumi = await ensurePulumi(cache);
  writeEnvironment(pulumi.bin);
  const environment = engineEnvironment(pulumi.bin);
  const postgresqlPlugin = await ensurePostgresqlPlugin(environment, before?.postgresqlPlugin);
  const record: EngineRecord = {
    checkout: CHECKOUT,
    onPath: onPath(cache),
    pulumi,
    stamps: stampsOf(pulumi),
    postgresqlPlugin,
  };
  writeRecord(record);
  say(
    `Pulumi ${pulumi.version} (${describe(pulumi)}), postgresql plugin (${postgresqlPlugin.source})`,
  );
  return engineOf(record);
}

function describe(pulumi: Pulumi): string {
  switch (pulumi.kind) {
    case "path":
      return `the one on PATH, ${pulumi.bin}`;
    case "official":
      return "the official download";
    case "built":
      return "built from its Go modules";
  }
}

function engineOf(record: EngineRecord): Engine {
  const environment = engineEnvironment(record.pulumi.bin);
  return { ...record.pulumi, postgresqlPlugin: record.postgresqlPlugin, environment };
}

/** Whether it is there, and as new as these sources: hashes those of the stand-in, and does nothing that takes longer. */
function isUnchanged(record: EngineRecord): boolean {
  return isThere(record) && isCurrent(record.postgresqlPlugin);
}

/** Stats some files. */
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
  try {
    return JSON.parse(readFileSync(places().record, "utf8")) as EngineRecord;
  } catch {
    return undefined;
  }
}

function writeRecord(record: EngineRecord): void {
  replaceFile(places().record, JSON.stringify(record, null, 2));
}

/** Runs `pulumi` in the engine's environment and shows what it prints. */
export async function runPulumi(engine: Engine, args: readonly string[]): Promise<number> {
  const command = join(engine.bin, "pulumi");
  return (
    await run(command, args, { folder: CHECKOUT, environment: engine.environment, show: true })
  ).code;
}
