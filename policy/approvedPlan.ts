import type { ResourceValidationPolicy } from "@pulumi/policy";
import * as pulumi from "@pulumi/pulumi";
import { approvalProblem, settingsProblem } from "../runner/requests/approvalProblem";
import { ownSettings } from "../runner/settings/settingKeys";
import { plainInputs } from "./shared/plainInputs";

const GATED = ["directive:index:ApprovalGate", "directive:index:MigrationRunner"];

/** Cached: all roles and grants of a run are judged by the plan that was made before the first of them. */
let ofSettings: Promise<string | undefined> | undefined;

/**
 * On `up`, refuses a plan for a protected database that is not approved. Makes the plan anew and verifies its approvals,
 * independently of the program. Does nothing in a preview; see approval-needed.
 *
 * Roles and grants are judged by the stack's settings, so that a program without its gates cannot register them either.
 */
export const approvedPlan: ResourceValidationPolicy = {
  name: "approved-plan",
  description: "What would run on a protected database is approved by trusted signers.",
  enforcementLevel: "mandatory",
  validateResource: async ({ type, name, props }, reportViolation) => {
    if (pulumi.runtime.isDryRun()) {
      return;
    }
    const problem = GATED.includes(type)
      ? await inputsProblem(props)
      : type.startsWith("postgresql:")
        ? await (ofSettings ??= stackProblem())
        : undefined;
    if (problem !== undefined) {
      reportViolation(`"${name}": ${problem}`);
    }
  },
};

async function inputsProblem(
  props: Readonly<Record<string, unknown>>,
): Promise<string | undefined> {
  const inputs = plainInputs(props);
  // Reading an unknown value makes Pulumi treat a violation as a warning, which would let an update pass.
  return inputs === undefined
    ? "found inputs that are not known, expected to know what runs where. Find out why, and run again."
    : await approvalProblem(inputs);
}

async function stackProblem(): Promise<string | undefined> {
  const project = pulumi.getProject();
  const raw = ownSettings(project, pulumi.runtime.allConfig());
  return await settingsProblem(project, pulumi.getStack(), raw);
}
