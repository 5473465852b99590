import { ensureStarted } from "../runner/embedded";
import { withConnection } from "../runner/postgres/connection";
import { isProtected } from "../runner/postgres/protection";
import { connectionIn, exportState, forgetInside, kindsOf, type StateResource } from "./deployment";
import { pulumiOf, type Engine } from "./prepare";
import { say } from "./progress";

/**
 * Removes from a stack's state the resources inside the stack's own server (embedded, or in a container), so that a destroy
 * removes the server with its data at once, as `v7 branch down` does. Leaves a stack unchanged whose rollback needs an
 * approval: its destroy asks for that approval.
 *
 * @throws BRANCH_FAILED
 */
export async function forgetThrowaway(engine: Engine, stack: string): Promise<void> {
  const pulumi = pulumiOf(engine);
  const state = await exportState(pulumi, stack);
  const resources = state.deployment?.resources ?? [];
  const kinds = kindsOf(resources);
  if (kinds.size > 0 && !kinds.has("clone") && !(await needsApproval(stack, resources))) {
    say(`the server of stack ${stack} is removed with all its data`);
    await forgetInside(pulumi, stack, state);
  }
}

/** Whether the rollback needs an approval. A server that cannot be started needs none: the stack itself made it. */
async function needsApproval(stack: string, resources: readonly StateResource[]): Promise<boolean> {
  const runner = resources.find(({ type }) => type === "directive:index:MigrationRunner");
  if (runner?.inputs?.["requireApproval"] !== false) {
    return runner !== undefined;
  }
  try {
    const connection = connectionIn(runner);
    const port = (await ensureStarted(stack)) ?? connection.port;
    return await withConnection({ ...connection, port }, (client) => isProtected(client));
  } catch {
    return false;
  }
}
