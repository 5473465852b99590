import type { Command } from "commander";
import { adoptDirectives } from "../runner/actions/adopt";
import { jsonOption, stackOption } from "./options";
import { print, printAnswer } from "./print";
import { readStackRequest, runRequest } from "./request";

const HELP = `
For a database in which somebody executed the directive by hand. Compares the database with the
directive, object by object; where all objects are equal, records the directive in the history, which it
makes, and changes nothing else. On a protected database this needs an approval:
npx v7 plan --stack STACK --action adopt writes the plan to be signed.

Exit codes:
  0  adopted, or nothing to adopt
  1  a fault: an object differs, or the approval is missing; nothing was changed

Examples:
  npx v7 plan --stack prod --action adopt --out adopt.json   # then npx v7 approve
  npx v7 adopt --stack prod
`;

export function addAdopt(program: Command): void {
  program
    .command("adopt")
    .description("record directives that were executed by hand, where the database equals them")
    .addOption(stackOption())
    .addOption(jsonOption())
    .addHelpText("after", HELP)
    .action(async ({ stack, json }: { stack: string; json?: true }) => {
      const read = await readStackRequest(stack);
      const result = await adoptDirectives(runRequest(read, json === true ? undefined : print));
      const { adopted, left, historyHead } = result;
      printAnswer(json, result, () => [
        adopted.length === 0
          ? "nothing to adopt: every object is in the history already"
          : `adopted, unchanged: ${adopted.join(", ")}`,
        ...(left.length > 0 ? [`left for the next pulumi up: ${left.join(", ")}`] : []),
        `history ${historyHead}`,
      ]);
    });
}
