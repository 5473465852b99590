import type { Command } from "commander";
import { Option } from "commander";
import { stopAll, stopStack } from "../runner/embedded";
import { print } from "./print";
import { stackOption } from "./stack";

/** `v7 stop`: stops the embedded server of a stack, or of all. Their data stays in the checkout. */
export function addStop(program: Command): void {
  program
    .command("stop")
    .description("stop the stack's embedded PostgreSQL; its data stays, npm start brings it back")
    .addOption(stackOption())
    .addOption(new Option("--all", "the servers of all stacks of this checkout"))
    .action(async ({ stack, all }: { stack: string; all?: true }) => {
      const stopped = all === true ? await stopAll() : await stopStack(stack);
      print(
        stopped.length === 0
          ? "no embedded PostgreSQL was running"
          : `stopped: ${stopped.join(", ")}`,
      );
    });
}
