import { loadAccess } from "../../../runner/directive/accessMatrix";
import { grantStatements } from "../../../runner/directive/grantStatements";
import { SQL_FOLDER } from "../../support/sqlFolder";

describe("grantStatements", () => {
  it("grants on schemas, on tables and on columns, with every name quoted", () => {
    const statements = grantStatements({
      grants: [
        { role: "r", objectType: "schema", schema: "s", privileges: ["USAGE"] },
        {
          role: 'R"x',
          objectType: "table",
          schema: "s",
          object: 't"y',
          privileges: ["INSERT", "SELECT"],
        },
        {
          role: "r",
          objectType: "column",
          schema: "s",
          object: "t",
          columns: ["a", "B"],
          privileges: ["UPDATE"],
        },
      ],
    });
    expect(statements).toStrictEqual([
      'GRANT USAGE ON SCHEMA "s" TO "r"',
      'GRANT INSERT, SELECT ON TABLE "s"."t""y" TO "R""x"',
      'GRANT UPDATE ("a", "B") ON TABLE "s"."t" TO "r"',
    ]);
  });

  it("has a statement for each grant of the access matrix, in its order", () => {
    const matrix = loadAccess(SQL_FOLDER, "ad_005");
    const statements = grantStatements(matrix);
    expect(statements).toHaveLength(matrix.grants.length);
    expect(statements[0]).toBe('GRANT USAGE ON SCHEMA "public" TO "v7_reader"');
    expect(statements.at(-1)).toBe('GRANT SELECT ON TABLE "v7_control"."history" TO "v7_ci"');
  });
});
