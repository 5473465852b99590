import { unfinishedMark } from "../../../runner/clone/cloneState";
import { cloneStrategies, FILE_COPY_FROM_BYTES } from "../../../runner/clone/cloneStrategy";

describe("the way to clone a template", () => {
  it.each([150_018, 160_014, 170_010, 180_004])("is the log for a small one, on %i", (version) => {
    expect(cloneStrategies(version, FILE_COPY_FROM_BYTES - 1)).toEqual([{ strategy: "WAL_LOG" }]);
  });

  it.each([150_018, 160_014, 170_010])(
    "is a copy of the files for a large one, on %i",
    (version) => {
      expect(cloneStrategies(version, FILE_COPY_FROM_BYTES)).toEqual([{ strategy: "FILE_COPY" }]);
    },
  );

  it("is the file system's own clone for a large one on 18, and a copy where that cannot be had", () => {
    expect(cloneStrategies(180_004, FILE_COPY_FROM_BYTES)).toEqual([
      { strategy: "FILE_COPY", method: "clone" },
      { strategy: "FILE_COPY" },
    ]);
  });

  it("is the log where the server does not tell the size", () => {
    expect(cloneStrategies(180_004, undefined)).toEqual([{ strategy: "WAL_LOG" }]);
  });
});

it("the mark of an unfinished clone is the stack's own, the same each time, and a connection limit", () => {
  const marks = Array.from({ length: 1000 }, (_, index) => unfinishedMark(`dev-${String(index)}`));
  expect(new Set(marks).size).toBe(1000);
  expect(unfinishedMark("dev-1")).toBe(marks[1]);
  expect(Math.min(...marks)).toBeGreaterThanOrEqual(1_000_000_000);
  expect(Math.max(...marks)).toBeLessThan(2 ** 31);
});
