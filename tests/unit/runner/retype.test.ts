import { losslessUsing } from "../../../runner/repair/retype";

describe("a column's values go to another type", () => {
  it.each([
    ["text", "character varying(500)"],
    ["character varying(10)", "text"],
    ["text[]", "character varying(100)[]"],
    ["bigint", "integer"],
    ["date", "timestamp without time zone"],
  ])("by the assignment cast, which refuses what does not fit: %s to %s", (from, to) => {
    expect(losslessUsing(from, to, "c")).toBe("");
  });

  it.each([
    ["text", "jsonb"],
    ["text", "uuid"],
    ["character varying(50)", "date"],
    ["text", "boolean"],
  ])("by reading text, which refuses what is none: %s to %s", (from, to) => {
    expect(losslessUsing(from, to, 'a"b')).toBe(` USING "a""b"::${to}`);
  });

  it.each([
    ["numeric", "integer"],
    ["timestamp with time zone", "timestamp without time zone"],
    ["timestamp without time zone", "date"],
    ["json", "jsonb"],
    ["text", "text[]"],
    ["double precision", "integer"],
  ])("only by hand where one could be lost in silence: %s to %s", (from, to) => {
    expect(losslessUsing(from, to, "c")).toBeUndefined();
  });
});
