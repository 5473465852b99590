import { localPort } from "../../../runner/plugin/resources/localPort";
import { UNKNOWN } from "../../../runner/requests/inputShape";
import { whileTaken } from "../../support/listening";
import { pluginContext } from "../../support/pluginContext";

describe("a local port", () => {
  it("is free for a server, and below the ports of outgoing connections", async () => {
    const { id, outputs } = await localPort.create({}, pluginContext());
    const port = Number(outputs["port"]);
    expect(id).toBe(String(port));
    expect(port).toBeGreaterThanOrEqual(20_000);
    expect(port).toBeLessThan(30_000);
    await expect(whileTaken(port, () => Promise.resolve("listened"))).resolves.toBe("listened");
  });

  it("is not chosen in a preview", async () => {
    await expect(localPort.create({}, pluginContext({ preview: true }))).resolves.toEqual({
      id: UNKNOWN,
      outputs: { port: UNKNOWN },
    });
  });
});
