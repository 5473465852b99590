import { allowRun } from "../../actions/run";
import { preparePlan } from "../../plan/preparePlan";
import { withConnection } from "../../postgres/connection";
import { DIRECTIVE_INPUTS } from "../../requests/directiveRequest";
import { UNKNOWN } from "../../requests/inputShape";
import type { Context, Properties, ResourceType } from "../resourceType";
import { actionRequest, diffPending, isTargetKnown } from "./directiveInputs";

/**
 * `directive:index:ApprovalGate`: every other resource depends on it. Create and update prepare the plan on the live target
 * and fail where it has obstacles, or where an approval is needed and missing: before the first role is made. The other
 * resources check both again by themselves.
 */
export const approvalGate: ResourceType = {
  inputs: DIRECTIVE_INPUTS,

  diff(_id, oldInputs, _oldOutputs, newInputs, context) {
    return diffPending(oldInputs, newInputs, context);
  },

  async create(inputs, context) {
    return { id: "gate", outputs: await pass(inputs, context) };
  },

  async update(_id, _oldInputs, _oldOutputs, newInputs, context) {
    return await pass(newInputs, context);
  },
};

async function pass(inputs: Properties, context: Context): Promise<Properties> {
  // Only a preview may have an unknown target; in an update, connecting to an unknown target fails.
  if (context.preview && !isTargetKnown(inputs)) {
    return { ...inputs, isProtected: UNKNOWN, planDigest: UNKNOWN };
  }
  const request = await actionRequest(inputs, context);
  return await withConnection(request.connection, async (client) => {
    const prepared = await preparePlan(client, request);
    if (!context.preview) {
      await allowRun(client, request, prepared);
    } else if (prepared.isProtected) {
      context.info(
        "a protected database: `pulumi up` needs The Architect's approval of the plan below",
      );
    }
    return { ...inputs, isProtected: prepared.isProtected, planDigest: prepared.digest ?? "" };
  });
}
