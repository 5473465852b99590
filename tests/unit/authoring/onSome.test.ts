import { BASELINES } from "../../../runner/authoring/baseline";
import { mergeFound } from "../../../runner/authoring/onSome";
import { isFoundOn } from "../../../runner/directive/readLock";

const found = (isThere: (major: number, defaults: string) => boolean) =>
  mergeFound(
    BASELINES.map((baseline) => ({
      baseline,
      values: isThere(baseline.major, baseline.defaults) ? [{ x: 1 }] : [],
    })),
  );

describe("an entry of a lock", () => {
  it("names no server if it was found on every server", () => {
    expect(found(() => true)).toStrictEqual([{ x: 1 }]);
  });

  it("names the servers that have it in the shortest form", () => {
    expect(found((major) => major === 15)).toStrictEqual([{ x: 1, on: ["15"] }]);
    expect(found((_, defaults) => defaults === "open")).toStrictEqual([{ x: 1, on: ["open"] }]);
    expect(found((major, defaults) => major > 16 || defaults === "open")).toStrictEqual([
      { x: 1, on: ["open", "17", "18"] },
    ]);
    expect(found((major, defaults) => major === 15 && defaults === "open")).toStrictEqual([
      { x: 1, on: ["15 open"] },
    ]);
  });

  it("applies to exactly the servers on which it was found", () => {
    const [line = {}] = found(
      (major, defaults) => major === 18 || (major === 15 && defaults === "open"),
    );
    expect(BASELINES.filter((baseline) => isFoundOn(line, baseline))).toStrictEqual([
      { major: 15, defaults: "open" },
      { major: 18, defaults: "closed" },
      { major: 18, defaults: "open" },
    ]);
  });
});
