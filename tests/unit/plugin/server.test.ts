import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import path from "node:path";
import { createInterface } from "node:readline";
import type { PluginInfo } from "@pulumi/pulumi/proto/plugin_pb";
import { Empty } from "google-protobuf/google/protobuf/empty_pb";
import { PluginClient } from "./pluginClient";

const SERVER = path.join(__dirname, "../../../runner/plugin/rpc/server");
const PROGRAM = `
  const { servePlugin } = require(${JSON.stringify(SERVER)});
  const close = () => { process.stderr.write("closed"); return Promise.resolve(); };
  void servePlugin({ name: "t", version: "9.8.7", resources: {}, close }, ["127.0.0.1:1"]);
`;

// Each test starts a process that loads gRPC, which takes seconds on a busy machine.
jest.setTimeout(30_000);

/** The plugin as a process of its own, as the engine starts it. */
async function start(stdin: "pipe" | "ignore") {
  const plugin = spawn(process.execPath, ["--require", "tsx/cjs", "--eval", PROGRAM], {
    stdio: [stdin, "pipe", "pipe"],
  });
  let stderr = "";
  plugin.stderr?.on("data", (chunk: Buffer) => (stderr += chunk.toString()));
  const lines = createInterface({ input: plugin.stdout as NodeJS.ReadableStream });
  const [line] = (await once(lines, "line")) as [string];
  return { plugin, port: Number(line), stderr: () => stderr };
}

async function exitOf(plugin: ChildProcess): Promise<number | null> {
  return plugin.exitCode ?? ((await once(plugin, "close")) as [number | null])[0];
}

describe("a served plugin", () => {
  it("prints only its port on stdout, answers there, and ends with code 0 at SIGINT", async () => {
    const { plugin, port, stderr } = await start("ignore");
    const client = new PluginClient(port);
    const info = await client.call<PluginInfo>((done) =>
      client.raw.getPluginInfo(new Empty(), done),
    );
    expect(info.getVersion()).toBe("9.8.7");
    client.close();
    plugin.kill("SIGINT");
    expect(await exitOf(plugin)).toBe(0);
    expect(stderr()).toBe("closed");
  });

  it("ends at once while the engine's connection is still open", async () => {
    const { plugin, port } = await start("ignore");
    const client = new PluginClient(port);
    await client.call<PluginInfo>((done) => client.raw.getPluginInfo(new Empty(), done));
    const begun = Date.now();
    plugin.kill("SIGINT");
    expect(await exitOf(plugin)).toBe(0);
    expect(Date.now() - begun).toBeLessThan(2000);
    client.close();
  });

  it("ends when the engine's pipe is closed, as it is when the engine is killed", async () => {
    const { plugin, stderr } = await start("pipe");
    plugin.stdin?.end();
    expect(await exitOf(plugin)).toBe(0);
    expect(stderr()).toBe("closed");
  });
});
