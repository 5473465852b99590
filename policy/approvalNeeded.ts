import type { ResourceValidationPolicy } from "@pulumi/policy";
import * as pulumi from "@pulumi/pulumi";
import { approvalProblem } from "../runner/requests/approvalProblem";
import { plainInputs } from "./shared/plainInputs";

/** In a preview: says which approval `pulumi up` would miss, and how it is given. Stops nothing; approved-plan does. */
export const approvalNeeded: ResourceValidationPolicy = {
  name: "approval-needed",
  description: "A preview says which approval the plan still needs.",
  enforcementLevel: "advisory",
  validateResource: async ({ type, props }, reportViolation) => {
    if (type !== "directive:index:MigrationRunner" || !pulumi.runtime.isDryRun()) {
      return;
    }
    const inputs = plainInputs(props);
    // A server of the stack's own that is not there yet: the plan says so itself.
    const problem = inputs === undefined ? undefined : await approvalProblem(inputs);
    if (problem !== undefined) {
      reportViolation(`\`pulumi up\` would stop here with: ${problem}`);
    }
  },
};
