import { createServer } from "node:net";
import { UNKNOWN, type Context } from "../../../runner/plugin/resourceType";
import { localPort } from "../../../runner/plugin/resources/localPort";

function context(preview: boolean): Context {
  const silent = (): void => undefined;
  const { signal } = new AbortController();
  return { urn: "", preview, signal, info: silent, warn: silent, status: silent };
}

describe("a local port", () => {
  it("is one that a server can listen on, below those of outgoing connections", async () => {
    const { id, outputs } = await localPort.create({}, context(false));
    const port = Number(outputs["port"]);
    expect(id).toBe(String(port));
    expect(port).toBeGreaterThanOrEqual(20_000);
    expect(port).toBeLessThan(30_000);
    const server = createServer();
    await new Promise<void>((resolve, reject) => {
      server.once("error", reject);
      server.listen({ port, host: "127.0.0.1" }, resolve);
    });
    await new Promise((resolve) => server.close(resolve));
  });

  it("is not chosen in a preview", async () => {
    await expect(localPort.create({}, context(true))).resolves.toEqual({
      id: UNKNOWN,
      outputs: { port: UNKNOWN },
    });
  });

  it("stays what it is, refreshed and updated", async () => {
    const state = { port: 23_456 };
    await expect(localPort.read("23456", {}, state, context(false))).resolves.toEqual({
      id: "23456",
      inputs: {},
      outputs: state,
    });
    await expect(localPort.update("23456", {}, state, {}, context(false))).resolves.toBe(state);
  });
});
