import { createServer } from "node:net";
import { choosePort, doesPortAnswer, HOST, isPortFree } from "../../../runner/embedded/system/port";

async function listening<T>(port: number, work: () => Promise<T>): Promise<T> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen({ port, host: HOST }, resolve));
  try {
    return await work();
  } finally {
    await new Promise((resolve) => server.close(resolve));
  }
}

describe("choosing a port", () => {
  it("gives the same free port for the same seed", async () => {
    expect(await choosePort("seed")).toBe(await choosePort("seed"));
  });

  it("stays out of the ports that outgoing connections get", async () => {
    for (const seed of ["a", "b", "c", "d"]) {
      const port = await choosePort(seed);
      expect(port).toBeGreaterThanOrEqual(20_000);
      expect(port).toBeLessThan(30_000);
    }
  });

  it("goes on to the next one where somebody listens", async () => {
    const first = await choosePort("taken");
    await listening(first, async () => {
      expect(await isPortFree(first)).toBe(false);
      expect(await doesPortAnswer(first)).toBe(true);
      expect(await choosePort("taken")).not.toBe(first);
    });
    expect(await isPortFree(first)).toBe(true);
    expect(await doesPortAnswer(first)).toBe(false);
  });
});
