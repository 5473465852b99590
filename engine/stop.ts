import { existsSync, rmSync } from "node:fs";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { fault, messageOf } from "../runner/base/fault";
import { run } from "./command";
import { CHECKOUT, places } from "./paths";
import { preparedEngine, prepareEngine, runPulumi } from "./prepare";
import { say } from "./progress";
import { isAsNew } from "./settingsFile";
import { forgetInside } from "./throwaway";

/** The stacks whose settings are a part of the repository, as .gitignore has it. */
const COMMITTED_STACKS = ["dev", "prod"];

/**
 * `npm stop [-- --destroy [--stack NAME]]`: stops the embedded servers of all stacks and empties `.v7/tmp`.
 *
 * The data stays: `npm start` brings it back. With --destroy the stack (default: dev) is destroyed and removed first,
 * a server of its own as a whole; its settings stay where somebody has set something in them.
 *
 * @returns the exit code of the first part that failed, else 0
 */
export async function main(args: readonly string[]): Promise<number> {
  const { destroy, stack } = readCommand(args);
  if (destroy) {
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

function readCommand(args: readonly string[]): { destroy: boolean; stack: string } {
  try {
    const options = {
      destroy: { type: "boolean" },
      stack: { type: "string", short: "s" },
    } as const;
    const { values } = parseArgs({ args: [...args], options });
    return { destroy: values.destroy ?? false, stack: values.stack ?? "dev" };
  } catch (error) {
    throw fault("COMMAND_INVALID", {
      what: "npm stop",
      found: messageOf(error),
      expected: "npm stop [-- --destroy [--stack NAME]]",
      remedy: "Correct the command line",
    });
  }
}

async function destroyStack(stack: string): Promise<number> {
  const engine = await prepareEngine();
  const code =
    (await forgetInside(engine, stack)) ||
    (await runPulumi(engine, ["destroy", "--yes", "--stack", stack]));
  if (code !== 0) {
    return code;
  }
  // By itself it removes the settings file, too: with it the next start would forget what somebody has set.
  const isKept = COMMITTED_STACKS.includes(stack) || !isAsNew(stack);
  if (isKept) {
    say(`Pulumi.${stack}.yaml stays: the next start makes the stack by it again`);
  }
  const keep = isKept ? ["--preserve-config"] : [];
  return runPulumi(engine, ["stack", "rm", "--yes", "--stack", stack, ...keep]);
}

/** By the command, which knows the servers; an engine that was never prepared has started none, and is not made now. */
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
