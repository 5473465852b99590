import {
  containsWord,
  isEqualRenamed,
  referencedTable,
  usesName,
} from "../../../runner/sql/identifiers";

describe("names in the server's SQL", () => {
  it("are found whole, quoted or not, and not in a string", () => {
    const sql = `CREATE INDEX i ON public.t USING btree ("status(", plain, "a""b") WHERE note <> 'inside'`;
    expect(["status(", "plain", 'a"b', "note"].filter((name) => usesName(sql, name))).toHaveLength(
      4,
    );
    expect(["status", "pla", "inside", ".*", ""].filter((name) => usesName(sql, name))).toEqual([]);
  });

  it("are told from one another when one is renamed, whatever the name holds", () => {
    const back = (name: string): string => (name === "status(" ? "test_status" : name);
    const renamed = `CHECK ("status("::text = ANY (ARRAY['status('::text]))`;
    expect(
      isEqualRenamed(renamed, "CHECK (test_status::text = ANY (ARRAY['status('::text]))", back),
    ).toBe(true);
    expect(
      isEqualRenamed(renamed, "CHECK (test_status::text = ANY (ARRAY['other'::text]))", back),
    ).toBe(false);
    expect(isEqualRenamed("(c)", "($&)", (name) => (name === "c" ? "$&" : name))).toBe(false);
  });

  it("of the table that a foreign key refers to are read as written", () => {
    expect(referencedTable("FOREIGN KEY (a) REFERENCES t(b) ON DELETE CASCADE")).toEqual({
      name: "t",
    });
    expect(referencedTable('FOREIGN KEY (a) REFERENCES "s.x"."t("(b)')).toEqual({
      schema: "s.x",
      name: "t(",
    });
    expect(referencedTable("CHECK (a > 0)")).toBeUndefined();
  });

  it("are words where nothing around them belongs to a longer one", () => {
    expect(containsWord("GRANT x TO V7_Reader;", "v7_reader")).toBe(true);
    expect(containsWord("v7_readers _v7_reader v7_reader2 ä7 v7_readerü", "v7_reader")).toBe(false);
    expect(containsWord("a.+b", "a.+b")).toBe(true);
    expect(containsWord("aaab", "a.+b")).toBe(false);
  });
});
