import { choosePort, doesPortAnswer, isPortFree } from "../../../runner/embedded/system/port";
import { whileTaken } from "../../support/listening";

describe("the choice of a port", () => {
  it("gives the same free port for the same seed", async () => {
    expect(await choosePort("seed")).toBe(await choosePort("seed"));
  });

  it("avoids the ports that outgoing connections get", async () => {
    for (const seed of ["a", "b", "c", "d"]) {
      const port = await choosePort(seed);
      expect(port).toBeGreaterThanOrEqual(20_000);
      expect(port).toBeLessThan(30_000);
    }
  });

  it("skips a port on which a program listens", async () => {
    const first = await choosePort("taken");
    await whileTaken(first, async () => {
      expect(await isPortFree(first)).toBe(false);
      expect(await doesPortAnswer(first)).toBe(true);
      expect(await choosePort("taken")).not.toBe(first);
    });
    expect(await isPortFree(first)).toBe(true);
    expect(await doesPortAnswer(first)).toBe(false);
  });
});
