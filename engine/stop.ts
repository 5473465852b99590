import { existsSync, rmSync } from "node:fs";
import { join } from "node:path";
import { ensureStarted } from "../runner/embedded";
import { withConnection } from "../runner/postgres/connection";
import { isProtected } from "../runner/postgres/protection";
import { readOptions, run } from "./command";
import { connectionIn, exportState, forgetInside, kindsOf, type StateResource } from "./deployment";
import { CHECKOUT, places } from "./paths";
import { preparedEngine, prepareEngine, runPulumi, pulumiOf, type Engine } from "./prepare";
import { say } from "./progress";
import { isAsNew } from "./settingsFile";

/** The stacks whose settings files are in the repository, as in .gitignore. */
const COMMITTED_STACKS = ["dev", "prod"];

/**
 * `npm stop [-- --destroy [--stack NAME]]`: stops the embedded servers of all stacks and empties `.v7/tmp`.
 *
 * The data stays, and `npm start` starts the servers again. With --destroy the stack (default: dev) is destroyed and
 * removed first, together with its own server; its settings file stays if its settings were changed.
 *
 * @returns the exit code of the first command that failed, else 0
 */
export async function main(args: readonly string[]): Promise<number> {
  const { destroy, stack = "dev" } = readOptions("npm stop [-- --destroy [--stack NAME]]", args, {
    destroy: { type: "boolean" },
    stack: { type: "string", short: "s" },
  });
  if (destroy === true) {
    const code = await destroyStack(stack);
    if (code !== 0) {
      return code;
    }
  }
  const code = await stopServers();
  rmSync(places().temporary, { recursive: true, force: true });
  if (code === 0) {
    say("stopped");
  }
  return code;
}

async function destroyStack(stack: string): Promise<number> {
  const engine = await prepareEngine();
  await forgetThrowaway(engine, stack);
  const code = await runPulumi(engine, ["destroy", "--yes", "--stack", stack]);
  if (code !== 0) {
    return code;
  }
  // `pulumi stack rm` would remove the settings file, and with it the user's own settings.
  const isKept = COMMITTED_STACKS.includes(stack) || !isAsNew(stack);
  if (isKept) {
    say(`Pulumi.${stack}.yaml stays: the next start makes the stack by it again`);
  }
  const keep = isKept ? ["--preserve-config"] : [];
  return runPulumi(engine, ["stack", "rm", "--yes", "--stack", stack, ...keep]);
}

/** Runs `v7 stop --all`, with the engine's environment where an engine was prepared. */
async function stopServers(): Promise<number> {
  const command = join(CHECKOUT, "cli", "v7.cjs");
  if (!existsSync(command)) {
    return 0;
  }
  const environment = preparedEngine()?.environment ?? process.env;
  return (
    await run(process.execPath, [command, "stop", "--all"], {
      folder: CHECKOUT,
      environment,
      show: true,
    })
  ).code;
}

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
