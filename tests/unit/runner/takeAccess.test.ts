import type { ClientBase } from "pg";
import { takeAccessSnapshot, unknownPrivileges } from "../../../runner/catalog/access";
import { compareSnapshots } from "../../../runner/catalog/compare";
import type { DefinedObjects } from "../../../runner/model";
import { NO_OBJECTS } from "../../support/noObjects";

const OBJECTS: DefinedObjects = {
  ...NO_OBJECTS,
  schemas: ["s"],
  granted: [{ objectType: "table", schema: "s", name: "t" }],
};

/** A client whose first result is the privileges; its other results are empty. */
function clientWith(privileges: readonly unknown[]): ClientBase {
  const answers = [privileges];
  return { query: () => Promise.resolve({ rows: answers.shift() ?? [] }) } as unknown as ClientBase;
}

describe("the access in the catalog", () => {
  it("has each of our objects, and roles of any name, such as constructor and __proto__", async () => {
    const names = ["constructor", "__proto__", "toString", "v7_reader"];
    const rows = names.map((grantee) => ({
      key: "privileges table s.t",
      grantee,
      privilege: "SELECT",
    }));
    const matrix = { roles: {}, grants: [], archiveReaders: [], sha256: "" };
    const live = await takeAccessSnapshot(clientWith(rows), matrix, OBJECTS, "me");
    const expected = {
      "privileges schema s": {},
      "privileges table s.t": {},
      "privileges archives": {},
    };
    expect(compareSnapshots(expected, live)).toEqual([
      {
        object: "privileges table s.t",
        kind: "changed",
        details: [...names].sort().map((name) => `${name}: nothing -> ["SELECT"]`),
      },
    ]);
  });
});

describe("an unknown privilege", () => {
  it("is named once if roles have it, with or without grant option", () => {
    expect(
      unknownPrivileges("privileges table public.t", { anon: ["SELECT*", "PEEK*"], b: ["PEEK"] }),
    ).toEqual(["PEEK is a privilege that this version does not know"]);
  });

  it("is not found among a role's members, or among PostgreSQL's own privileges", () => {
    expect(unknownPrivileges("role v7_reader", { members: ["PEEK"] })).toEqual([]);
    expect(unknownPrivileges("privileges schema public", { PUBLIC: ["USAGE", "CREATE*"] })).toEqual(
      [],
    );
  });
});
