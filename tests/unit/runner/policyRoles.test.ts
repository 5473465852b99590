import { loadManifest } from "../../../runner/directive/manifest";
import type { Step } from "../../../runner/model";
import { policyRoles } from "../../../runner/plan/obstacles/policyRoles";
import { SQL_FOLDER } from "../../support/sqlFolder";

/** A step whose one statement names these roles and adds a policy for those. */
function stepOf(named: readonly string[], roles: readonly string[]): Step {
  const added = [{ id: { kind: "policy", name: "p" }, properties: { roles } }];
  return { statements: [{ locked: { roles: named, added } }] } as unknown as Step;
}

describe("the roles that policies name", () => {
  it("are those for which row_level_security writes policies", async () => {
    const { steps } = await loadManifest(SQL_FOLDER, "ad_005");
    expect(policyRoles(steps)).toEqual(["v7_agent", "v7_architect", "v7_auditor", "v7_reader"]);
  });

  it("are listed once, without PUBLIC, CURRENT_USER and policies without roles", () => {
    const steps = [
      stepOf(["Z", "b"], ["PUBLIC", "Z", "b"]),
      // CURRENT_USER, as it was locked.
      stepOf(["b"], ["b", "postgres"]),
      stepOf([], ["PUBLIC"]),
    ];
    expect(policyRoles(steps)).toEqual(["Z", "b"]);
  });
});
