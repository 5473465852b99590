import { rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { ensureStarted } from "../runner/embedded";
import { withConnection } from "../runner/postgres/connection";
import { isProtected } from "../runner/postgres/protection";
import { run } from "./command";
import { connectionOf, kindsOf, withoutInside, type Deployment } from "./deployment";
import { CHECKOUT, places } from "./paths";
import { runPulumi, type Engine } from "./prepare";
import { say } from "./progress";

/**
 * Removes from a stack's state the resources inside the stack's own server (embedded, or in a container), so that a destroy
 * removes the server with its data at once, as `v7 branch down` does. Leaves a stack unchanged whose rollback needs an
 * approval: its destroy asks for that approval.
 *
 * @returns the exit code; 0 also where nothing was removed
 */
export async function forgetInside(engine: Engine, stack: string): Promise<number> {
  const exported = await exportStack(engine, stack);
  const kinds = kindsOf(exported?.deployment.resources ?? []);
  if (exported === undefined || kinds.size === 0 || kinds.has("clone")) {
    return 0;
  }
  if (await needsApproval(engine, stack)) {
    return 0;
  }
  say(`the server of stack ${stack} is removed with all its data`);
  const file = join(places().temporary, `state.${process.pid}.json`);
  const kept = { ...exported, deployment: withoutInside(exported.deployment) };
  writeFileSync(file, JSON.stringify(kept), { mode: 0o600 });
  try {
    return await runPulumi(engine, ["stack", "import", "--file", file, "--stack", stack]);
  } finally {
    rmSync(file, { force: true });
  }
}

interface Exported {
  readonly deployment: Deployment;
}

/** The exported state; undefined where the export fails: the next command reports why. */
async function exportStack(
  { bin, environment }: Engine,
  stack: string,
  more: readonly string[] = [],
): Promise<Exported | undefined> {
  const { code, output } = await run(
    join(bin, "pulumi"),
    ["stack", "export", "--stack", stack, ...more],
    { folder: CHECKOUT, environment },
  );
  return code === 0 ? (JSON.parse(output) as Exported) : undefined;
}

/** Whether the rollback needs an approval. A server that cannot be started needs none: the stack itself made it. */
async function needsApproval(engine: Engine, stack: string): Promise<boolean> {
  const exported = await exportStack(engine, stack, ["--show-secrets"]);
  const runner = exported?.deployment.resources?.find(
    ({ type }) => type === "directive:index:MigrationRunner",
  );
  if (runner?.inputs?.["requireApproval"] !== false) {
    return runner !== undefined;
  }
  try {
    const connection = connectionOf(runner);
    const port = (await ensureStarted(stack)) ?? connection.port;
    return await withConnection({ ...connection, port }, (client) => isProtected(client));
  } catch {
    return false;
  }
}
