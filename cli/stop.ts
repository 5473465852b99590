import type { Command } from "commander";
import { Option } from "commander";
import { stopAll, stopStack } from "../runner/embedded";
import { stackOption } from "./options";
import { print } from "./print";

const HELP = `
Stops only servers of this checkout. The next npm start, npx v7 branch up or pulumi up on the stack starts
them again.

Exit codes:
  0  stopped, or none was running
  1  a fault

Examples:
  npx v7 stop
  npx v7 stop --all
`;

export function addStop(program: Command): void {
  program
    .command("stop")
    .description("stop the stack's embedded PostgreSQL; its data stays, npm start brings it back")
    .addOption(stackOption())
    .addOption(new Option("--all", "the servers of all stacks of this checkout"))
    .addHelpText("after", HELP)
    .action(async ({ stack, all }: { stack: string; all?: true }) => {
      const stopped = all === true ? await stopAll() : await stopStack(stack);
      print(
        stopped.length === 0
          ? "no embedded PostgreSQL was running"
          : `stopped: ${stopped.join(", ")}`,
      );
    });
}
