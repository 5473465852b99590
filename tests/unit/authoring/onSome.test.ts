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

describe("a line of a lock", () => {
  it("says nothing of where it was found on every server", () => {
    expect(found(() => true)).toStrictEqual([{ x: 1 }]);
  });

  it("says where not on every one, in the fewest words", () => {
    expect(found((major) => major === 15)).toStrictEqual([{ x: 1, on: ["15"] }]);
    expect(found((_, defaults) => defaults === "open")).toStrictEqual([{ x: 1, on: ["open"] }]);
    expect(found((major, defaults) => major > 16 || defaults === "open")).toStrictEqual([
      { x: 1, on: ["open", "17", "18"] },
    ]);
    expect(found((major, defaults) => major === 15 && defaults === "open")).toStrictEqual([
      { x: 1, on: ["15 open"] },
    ]);
  });

  it("is found again exactly where it was", () => {
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
