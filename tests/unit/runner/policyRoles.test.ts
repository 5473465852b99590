import { loadManifest } from "../../../runner/directive/manifest";
import type { Step } from "../../../runner/model";
import { policyRoles } from "../../../runner/plan/obstacles/policyRoles";
import { sliceStatements } from "../../../runner/sql/statements";
import { SQL_FOLDER } from "../../support/sqlFolder";

async function stepOf(sql: string): Promise<Step> {
  return { statements: await sliceStatements("x.sql", Buffer.from(sql)) } as unknown as Step;
}

describe("the roles that policies name", () => {
  it("are those of the access matrix that row_level_security writes policies for", async () => {
    const { steps } = await loadManifest(SQL_FOLDER, "ad_005");
    expect(policyRoles(steps)).toEqual(["v7_agent", "v7_architect", "v7_auditor", "v7_reader"]);
  });

  it("are named once, and PUBLIC, CURRENT_USER and a policy without roles name none", async () => {
    const step = await stepOf(
      `CREATE POLICY a ON t TO PUBLIC, "Z", b USING (true); CREATE POLICY b ON t TO CURRENT_USER, b;
       CREATE POLICY c ON t; CREATE TABLE t ();`,
    );
    expect(policyRoles([step])).toEqual(["Z", "b"]);
  });
});
