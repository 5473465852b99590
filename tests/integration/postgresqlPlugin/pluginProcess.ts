import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { createInterface } from "node:readline";
import { standInFor } from "../../../engine/plugins";
import { FakeEngine } from "../../unit/plugin/fakeEngine";
import { PluginClient } from "../../unit/plugin/pluginClient";

/** Another plugin than the stand-in for the suite: the official one, if the machine can get it. */
const NAMED = process.env["V7_POSTGRESQL_PLUGIN"];

/** Tests of what only the stand-in promises are skipped for another plugin. */
export const isStandIn = NAMED === undefined;

export interface PluginFile {
  readonly file: string;
  readonly remove: () => void;
}

/** The plugin that the suite runs on: the one that V7_POSTGRESQL_PLUGIN names, else the stand-in. */
export function pluginFile(): PluginFile {
  if (NAMED !== undefined) {
    return { file: NAMED, remove: () => undefined };
  }
  const folder = mkdtempSync(path.join(tmpdir(), "v7-standin-"));
  const file = path.join(folder, "pulumi-resource-postgresql");
  writeFileSync(file, standInFor(folder), { mode: 0o755 });
  return {
    file,
    remove: () => {
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

export interface PluginProcess {
  readonly client: PluginClient;
  readonly engine: FakeEngine;
  /** What it wrote except for the port. */
  output(): string;
  /** Ends it as the engine does. */
  stop(): Promise<void>;
}

/** Starts the plugin as the engine does, in an environment without settings of the developer's own. */
export async function startPlugin(
  file: string,
  environment: Readonly<Record<string, string>> = {},
): Promise<PluginProcess> {
  const engine = new FakeEngine();
  const plugin = spawn(file, [await engine.start()], {
    stdio: ["pipe", "pipe", "pipe"],
    cwd: tmpdir(),
    env: { PATH: process.env["PATH"], HOME: process.env["HOME"], ...environment },
  });
  let output = "";
  plugin.stderr.on("data", (chunk: Buffer) => (output += chunk.toString()));
  const lines = createInterface({ input: plugin.stdout });
  const [line] = (await once(lines, "line")) as [string];
  lines.on("line", (more) => (output += more));
  const client = new PluginClient(Number(line));
  return {
    client,
    engine,
    output: () => output,
    stop: async () => {
      client.close();
      const ended = once(plugin, "close");
      plugin.kill("SIGINT");
      await ended;
      engine.stop();
    },
  };
}
