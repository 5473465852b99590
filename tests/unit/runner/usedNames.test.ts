import { usedNames } from "../../../runner/sql/usedNames";

/** The names without the server's own types, as `routine public.f`. */
async function used(sql: string): Promise<readonly string[]> {
  const names = await usedNames(sql);
  return names.map(({ what, schema, name }) => `${what} ${schema}.${name}`);
}

describe("the names that a statement uses", () => {
  it("are those of routines, types, relations, operators and collations, by default in public", async () => {
    const found = await used(
      `CREATE TABLE t AS SELECT f(x)::app.kind, y OPERATOR(app.<%>) 1, y COLLATE "nice" FROM app.v`,
    );
    expect([...found].sort()).toStrictEqual([
      "collation public.nice",
      "operator app.<%>",
      "relation app.v",
      "relation public.t",
      "routine public.f",
      "type app.kind",
    ]);
  });

  it("are found in the source of LIKE and in a called procedure", async () => {
    expect(await used("CREATE TABLE t (LIKE app.s)")).toContain("relation app.s");
    expect(await used("CALL app.p(1)")).toStrictEqual(["routine app.p"]);
  });

  it("include the table of a column whose type is used", async () => {
    const names = await used(
      "CREATE FUNCTION f(x app.t.id%TYPE) RETURNS integer LANGUAGE sql AS 'SELECT 1'",
    );
    expect(names).toContain("relation app.t");
  });

  it("include those in the SQL of a function, as they are written there", async () => {
    const names = await used(
      `CREATE FUNCTION f() RETURNS void LANGUAGE sql AS 'SELECT "G"(1); SELECT 1 FROM app.v'`,
    );
    expect(names).toStrictEqual(expect.arrayContaining(["routine public.G", "relation app.v"]));
    expect(names).not.toContain("type public.from");
  });

  it("include each word of a block, which may be the name of a type or, before a parenthesis, of a routine", async () => {
    const names = await used(`DO $$DECLARE a Kind; BEGIN PERFORM app . "F" (a) FROM V; END$$`);
    expect(names).toStrictEqual(
      expect.arrayContaining(["type public.kind", "routine app.F", "relation public.v"]),
    );
    expect(names).not.toContain("routine public.v");
  });
});
