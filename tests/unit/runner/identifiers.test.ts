import { containsWord, usesName } from "../../../runner/sql/identifiers";

describe("names in the server's SQL", () => {
  it("are found whole, quoted or not, and not in a string", () => {
    const sql = `CREATE INDEX i ON public.t USING btree ("status(", plain, "a""b") WHERE note <> 'inside'`;
    expect(["status(", "plain", 'a"b', "note"].filter((name) => usesName(sql, name))).toHaveLength(
      4,
    );
    expect(["status", "pla", "inside", ".*", ""].filter((name) => usesName(sql, name))).toEqual([]);
  });

  it("are words where nothing around them belongs to a longer one", () => {
    expect(containsWord("GRANT x TO V7_Reader;", "v7_reader")).toBe(true);
    expect(containsWord("v7_readers _v7_reader v7_reader2 ä7 v7_readerü", "v7_reader")).toBe(false);
    expect(containsWord("a.+b", "a.+b")).toBe(true);
    expect(containsWord("aaab", "a.+b")).toBe(false);
  });
});
