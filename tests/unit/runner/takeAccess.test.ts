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

/** A client whose first answer is the privileges, and who finds nothing else. */
function clientWith(privileges: readonly unknown[]): ClientBase {
  const answers = [privileges];
  return { query: () => Promise.resolve({ rows: answers.shift() ?? [] }) } as unknown as ClientBase;
}

describe("the access that is found in the catalog", () => {
  it("has each object of ours, and shows a role of any name: what JavaScript's objects inherit is not in the way", async () => {
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

describe("a privilege that this version does not know", () => {
  it("is named as such where somebody holds it, whether it may be granted on or not", () => {
    expect(
      unknownPrivileges("privileges table public.t", { anon: ["SELECT*", "PEEK*"], b: ["PEEK"] }),
    ).toEqual(["PEEK is a privilege that this version does not know"]);
  });

  it("is no word of a role's entry, and none of those that PostgreSQL 13 to 18 have", () => {
    expect(unknownPrivileges("role v7_reader", { members: ["PEEK"] })).toEqual([]);
    expect(unknownPrivileges("privileges schema public", { PUBLIC: ["USAGE", "CREATE*"] })).toEqual(
      [],
    );
  });
});
