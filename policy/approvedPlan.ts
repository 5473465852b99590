import type { ResourceValidationPolicy } from "@pulumi/policy";
import * as pulumi from "@pulumi/pulumi";
import { approvalProblem, settingsProblem } from "../runner/requests/approvalProblem";
import { ownSettings } from "../runner/settings/settingKeys";
import { plainInputs } from "./shared/plainInputs";

const GATED = ["directive:index:ApprovalGate", "directive:index:MigrationRunner"];

/** What is found out once a run: a role or a grant is judged by the plan made before the first of them. */
let ofSettings: Promise<string | undefined> | undefined;

/**
 * On `up`, nothing runs on a protected database that was not signed for: the plan is made anew and its approvals are
 * verified, whatever the program has said. A preview is explained by approval-needed, and never stopped.
 *
 * Roles and grants are judged by the stack's settings: a program without its gates would still register them.
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
  // The host takes a policy that meets an unknown value for a warning; in an update that would let it pass.
  return inputs === undefined
    ? "found inputs that are not known, expected to know what runs where. Find out why, and run again."
    : await approvalProblem(inputs);
}

async function stackProblem(): Promise<string | undefined> {
  const project = pulumi.getProject();
  const raw = ownSettings(project, pulumi.runtime.allConfig());
  return await settingsProblem(project, pulumi.getStack(), raw);
}
