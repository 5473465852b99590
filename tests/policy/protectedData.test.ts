import { protectedData } from "../../policy/protectedData";
import { violationsOf } from "../support/policies";

const CHECK = "directive:index:CatalogCheck";
const RUNNER = "directive:index:MigrationRunner";

describe("protected-data", () => {
  it.each([{ requireApproval: true }, {}, { requireApproval: "false" }])(
    "refuses the migration and the check without the option protect, given %j",
    async (props) => {
      expect(await violationsOf(protectedData, CHECK, props)).toHaveLength(1);
      expect(await violationsOf(protectedData, RUNNER, props)).toEqual([
        `"one": found protect false, expected true, since approvals are required. ` +
          "Give it the option protect: true in index.ts.",
      ]);
    },
  );

  it("accepts a migration that is protected, or that needs no approval", async () => {
    const props = { requireApproval: true };
    expect(await violationsOf(protectedData, RUNNER, props, "one", { protect: true })).toEqual([]);
    expect(await violationsOf(protectedData, RUNNER, { requireApproval: false })).toEqual([]);
  });

  it("reports nothing on other resources", async () => {
    expect(await violationsOf(protectedData, "directive:index:ApprovalGate", {})).toEqual([]);
  });
});
