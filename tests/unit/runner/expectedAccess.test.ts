import { expectedAccess } from "../../../runner/catalog/access";
import type { AccessMatrix } from "../../../runner/model";
import { NO_OBJECTS } from "../../support/noObjects";

const PLAIN = {
  login: false,
  superuser: false,
  createRole: false,
  createDatabase: false,
  inherit: true,
  replication: false,
  bypassRowSecurity: false,
  memberOf: [],
};

describe("the expected access", () => {
  it("has each object, each column and each role, with sorted privileges", () => {
    const matrix: AccessMatrix = {
      roles: { writer: "", reader: "" },
      grants: [
        { role: "reader", objectType: "schema", schema: "s", privileges: ["USAGE"] },
        { role: "writer", objectType: "table", schema: "s", object: "t", privileges: ["SELECT"] },
        {
          role: "writer",
          objectType: "column",
          schema: "s",
          object: "t",
          columns: ["a", "b"],
          privileges: ["UPDATE"],
        },
        {
          role: "writer",
          objectType: "column",
          schema: "s",
          object: "t",
          columns: ["b"],
          privileges: ["INSERT"],
        },
      ],
      archiveReaders: [],
      sha256: "",
    };
    expect(expectedAccess(matrix, NO_OBJECTS, { reader: ["zoe", "ada"] })).toEqual({
      "privileges schema s": { reader: ["USAGE"] },
      "privileges table s.t": { writer: ["SELECT"] },
      "privileges column s.t.a": { writer: ["UPDATE"] },
      "privileges column s.t.b": { writer: ["INSERT", "UPDATE"] },
      "role writer": { ...PLAIN, members: [] },
      "role reader": { ...PLAIN, members: ["ada", "zoe"] },
      "login zoe": { ...PLAIN, login: true, members: [], memberOf: ["reader"] },
      "login ada": { ...PLAIN, login: true, members: [], memberOf: ["reader"] },
      "privileges archives": {},
    });
  });

  it("has no privileges on our objects without a grant", () => {
    const objects = {
      ...NO_OBJECTS,
      schemas: ["own"],
      granted: ["t", "v"].map((name) => ({ objectType: "table" as const, schema: "own", name })),
    };
    expect(
      expectedAccess({ roles: {}, grants: [], archiveReaders: [], sha256: "" }, objects, {}),
    ).toEqual({
      "privileges schema own": {},
      "privileges table own.t": {},
      "privileges table own.v": {},
      "privileges archives": {},
    });
  });
});
