import { Option, type Command } from "commander";
import { describeRehearsal } from "../runner/rehearsal/rehearsalText";
import { rehearse } from "../runner/rehearsal/rehearse";
import { jsonOption, stackOption, wholeNumber } from "./options";
import { print, printAnswer } from "./print";
import { readStackRequest } from "./request";

const HELP = `
Reads the target in one read-only transaction, and writes nothing to it. Rebuilds its roles, default
privileges and types, and the tables that the directive alters with as many generated rows, on a
throwaway server of the same major version, and runs the plan there. The server is removed at the
end. Of the target's expressions only those known to be harmless run there, as a role without
privileges; the others are listed as left out.

Exit codes:
  0  rehearsed, and the result is as expected; or nothing to run
  1  a fault: the plan failed there as it would on the target
  3  rehearsed, and the result is not as expected, or the real run would be refused

Examples:
  npx v7 rehearse --stack prod
  npx v7 rehearse --stack prod --action rollback --rows 10000
`;

interface RehearseOptions {
  readonly stack: string;
  readonly action: "apply" | "rollback";
  readonly rows: number;
  readonly json?: true;
}

export function addRehearse(program: Command): void {
  program
    .command("rehearse")
    .description(
      "run the plan on a throwaway server that looks like the target: times, locks, access",
    )
    .addOption(stackOption())
    .addOption(
      new Option("--action <action>", "what to rehearse")
        .choices(["apply", "rollback"])
        .default("apply"),
    )
    .option("--rows <number>", "maximum of rows in a table", wholeNumber(0, 999_999_999), 1_000_000)
    .addOption(jsonOption())
    .addHelpText("after", HELP)
    .action(async ({ stack, action, rows, json }: RehearseOptions) => {
      const { request } = await readStackRequest(stack);
      const result = await rehearse({
        ...request,
        action,
        maxRows: rows,
        onProgress: (message) => {
          if (json !== true) {
            print(message);
          }
        },
      });
      printAnswer(json, result ?? null, () => [
        result === undefined
          ? "nothing to run: nothing to rehearse"
          : `\n${describeRehearsal(result)}`,
      ]);
      const isFine =
        result === undefined || (result.differences.length === 0 && result.obstacles === undefined);
      process.exitCode = isFine ? 0 : 3;
    });
}
