import type { ResourceValidationPolicy } from "@pulumi/policy";
import * as pulumi from "@pulumi/pulumi";
import { approvalProblem } from "../runner/requests/approvalProblem";
import { plainInputs } from "./shared/plainInputs";

/** In a preview, warns of an approval that `pulumi up` would require. The policy approved-plan enforces it. */
export const approvalNeeded: ResourceValidationPolicy = {
  name: "approval-needed",
  description: "A preview says which approval the plan still needs.",
  enforcementLevel: "advisory",
  validateResource: async ({ type, props }, reportViolation) => {
    if (type !== "directive:index:MigrationRunner" || !pulumi.runtime.isDryRun()) {
      return;
    }
    const inputs = plainInputs(props);
    // Inputs are unknown while a server of the stack's own does not exist yet.
    const problem = inputs === undefined ? undefined : await approvalProblem(inputs);
    if (problem !== undefined) {
      reportViolation(`\`pulumi up\` would stop here with: ${problem}`);
    }
  },
};
