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
 * Makes a stack's state forget what lives inside of a server of the stack's own, embedded or in a container: a destroy then
 * removes that server as a whole, as `v7 branch down` does, and nothing in it can stand in the way. One whose rollback
 * needs an approval is left to a destroy of everything, which asks for it.
 *
 * @returns the exit code: 0 also where the stack is of another kind, and nothing was forgotten
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
  say(`the server of stack ${stack} goes as a whole, with all that is in it`);
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

/** Undefined where it cannot be had; the command that comes next says why. */
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

/** One that does not answer, and cannot be started, is asked nothing: the stack made it. */
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
