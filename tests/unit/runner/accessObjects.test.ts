import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { accessAfter } from "../../../runner/directive/accessAfter";
import { loadAccess, matrixOf } from "../../../runner/directive/accessMatrix";
import { grantStatements } from "../../../runner/directive/grantStatements";
import { NOTHING_DONE } from "../../../runner/directive/readLock";
import type { AccessGrant, LockedStatement, ObjectId, Step } from "../../../runner/model";
import { faultOf } from "../../support/faults";
import { copySqlFolder, removeCopies } from "../../support/sqlFolder";

afterAll(removeCopies);

const HEAD = "roles: { v7_new: Is new. }\nschemas: {}\ntables: {}\n";

/** The grants of an access.yaml with these sections, as SQL. */
function granted(sections: string, amendments: readonly string[] = []): readonly string[] {
  const folder = copySqlFolder();
  mkdirSync(join(folder, "ad_006"));
  writeFileSync(join(folder, "ad_006", "access.yaml"), `${HEAD}${sections}`);
  return grantStatements(loadAccess(folder, "ad_006", amendments));
}

describe("the sequences, functions and types of an access matrix", () => {
  it("become grants by name, with a function's name as the server writes it", () => {
    expect(
      granted(`sequences: { public.s: { v7_new: [USAGE, SELECT] } }
functions:
  public.total(integer, a."B c"[]): { v7_new: [EXECUTE] }
  'public."a ""b"""()': { v7_new: [EXECUTE] }
types: { Public.t: { v7_new: [USAGE] } }
`),
    ).toStrictEqual([
      'GRANT SELECT, USAGE ON SEQUENCE "public"."s" TO "v7_new"',
      'GRANT EXECUTE ON ROUTINE "public".total(integer, a."B c"[]) TO "v7_new"',
      'GRANT EXECUTE ON ROUTINE "public"."a ""b"""() TO "v7_new"',
      'GRANT USAGE ON TYPE "Public"."t" TO "v7_new"',
    ]);
  });

  it("are left out if they belong to an amendment that is not chosen", () => {
    const section = "types: { public.t: { amendment: more, v7_new: [USAGE] } }\n";
    expect(granted(section)).toStrictEqual([]);
    expect(granted(section, ["more"])).toHaveLength(1);
  });

  it.each([
    ["sequences: { public.s: { v7_new: [INSERT] } }", 'the privilege "INSERT" on a sequence'],
    ["functions: { public.f: { v7_new: [EXECUTE] } }", 'the function "public.f", which is not sch'],
    [
      "functions: { 'public.f() TO x; DROP TABLE y --()': { v7_new: [EXECUTE] } }",
      'the function "public.f() TO x; DROP TABLE y --()", which is not schema.function(types',
    ],
    ["types: { t: { v7_new: [USAGE] } }", 'the type "t", which is not schema.type'],
    ["types: { a.t: { v7_old: [USAGE] } }", 'the role "v7_old", which `roles` does not name'],
    ["types: { a.t: { amendment: [], v7_new: [USAGE] } }", 'the amendment of "a.t", which is not'],
  ])("are refused with %s", async (section, found) => {
    const { message } = await faultOf(() => granted(`${section}\n`));
    expect(message).toContain(found);
  });
});

describe("the access matrix after later directives", () => {
  const table: ObjectId = { kind: "table", schema: "a", name: "t" };
  const on: Pick<AccessGrant, "role" | "schema"> = { role: "r", schema: "a" };
  const GRANTS: readonly AccessGrant[] = [
    { ...on, objectType: "schema", privileges: ["USAGE"] },
    { ...on, objectType: "table", object: "t", privileges: ["SELECT"] },
    { ...on, objectType: "column", object: "t", columns: ["x", "y"], privileges: ["UPDATE"] },
    { ...on, objectType: "function", object: "f(integer)", privileges: ["EXECUTE"] },
  ];

  const after = (
    did: Partial<Pick<LockedStatement, "renamed" | "removed">>,
    grants: readonly AccessGrant[] = [],
  ): readonly string[] => {
    const locked = { ...NOTHING_DONE, ...did };
    const step = { directive: "ad_007", statements: [{ locked }] } as unknown as Step;
    const matrices = new Map([
      ["ad_006", matrixOf({}, GRANTS, [])],
      ["ad_007", matrixOf({}, grants, [])],
    ]);
    return grantStatements(accessAfter(matrices, [step])).map((one) =>
      one.replace(/^GRANT | TO "r"$/g, ""),
    );
  };

  it("has the new name of a renamed schema", () => {
    const renamed = [{ from: { kind: "schema", name: "a" }, to: { kind: "schema", name: "b" } }];
    expect(after({ renamed })).toStrictEqual([
      'USAGE ON SCHEMA "b"',
      'SELECT ON TABLE "b"."t"',
      'UPDATE ("x", "y") ON TABLE "b"."t"',
      'EXECUTE ON ROUTINE "b".f(integer)',
    ]);
  });

  it("has the new names of tables, columns and functions, and a moved table's new schema", () => {
    const moved = { ...table, schema: "c" };
    const renamed = [
      { from: table, to: moved },
      {
        from: { kind: "column", name: "x", of: moved },
        to: { kind: "column", name: "z", of: moved },
      },
      {
        from: { kind: "function", schema: "a", name: "f(integer)" },
        to: { kind: "function", schema: "a", name: "g(integer)" },
      },
    ];
    expect(after({ renamed }).slice(1)).toStrictEqual([
      'SELECT ON TABLE "c"."t"',
      'UPDATE ("z", "y") ON TABLE "c"."t"',
      'EXECUTE ON ROUTINE "a".g(integer)',
    ]);
  });

  it("has no grants on a removed table or column", () => {
    const gone = (id: ObjectId): readonly string[] => after({ removed: [{ id, properties: {} }] });
    expect(gone({ kind: "column", name: "x", of: table })).toContain(
      'UPDATE ("y") ON TABLE "a"."t"',
    );
    expect(gone(table)).toStrictEqual(['USAGE ON SCHEMA "a"', 'EXECUTE ON ROUTINE "a".f(integer)']);
  });

  it("has one grant for two directives that grant on one object to one role", () => {
    const more = { ...on, objectType: "table" as const, object: "t", privileges: ["INSERT"] };
    expect(after({}, [more])).toContain('INSERT, SELECT ON TABLE "a"."t"');
    expect(after({}, [more])).toHaveLength(GRANTS.length);
  });
});
