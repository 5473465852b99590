import { unfinishedMark } from "../../../runner/clone/template";

it("the mark of an unfinished clone is unique to the stack, stable, and a valid connection limit", () => {
  const marks = Array.from({ length: 1000 }, (_, index) => unfinishedMark(`dev-${String(index)}`));
  expect(new Set(marks).size).toBe(1000);
  expect(unfinishedMark("dev-1")).toBe(marks[1]);
  expect(Math.min(...marks)).toBeGreaterThanOrEqual(1_000_000_000);
  expect(Math.max(...marks)).toBeLessThan(2 ** 31);
});
