import { containsWord, usesName } from "../../../runner/sql/identifiers";

describe("names in the server's SQL", () => {
  it("are found as whole names, quoted or not, but not in strings", () => {
    const sql = `CREATE INDEX i ON public.t USING btree ("status(", plain, "a""b") WHERE note <> 'inside'`;
    expect(["status(", "plain", 'a"b', "note"].filter((name) => usesName(sql, name))).toHaveLength(
      4,
    );
    expect(["status", "pla", "inside", ".*", ""].filter((name) => usesName(sql, name))).toEqual([]);
  });

  it("are not found within longer words", () => {
    expect(containsWord("GRANT x TO V7_Reader;", "v7_reader")).toBe(true);
    expect(containsWord("v7_readers _v7_reader v7_reader2 ä7 v7_readerü", "v7_reader")).toBe(false);
    expect(containsWord("a.+b", "a.+b")).toBe(true);
    expect(containsWord("aaab", "a.+b")).toBe(false);
  });
});
