import type { Command } from "commander";
import { adoptDirectives } from "../runner/actions/adopt";
import { print, printJson } from "./print";
import { readStackRequest, runRequest } from "./request";
import { jsonOption, stackOption } from "./stack";

const HELP = `
For a database in which somebody executed the directive by hand. What is there is compared
with the directive, object by object; where all is equal it is recorded in the history, and
nothing of it is changed. On a protected database this needs an approval:
npx v7 plan --stack STACK --action adopt writes the plan to be signed.

Exit codes:
  0  adopted, or nothing to adopt
  1  a fault: what is there differs, or the approval is missing; nothing was changed

Examples:
  npx v7 plan --stack prod --action adopt --out adopt.json   # then npx v7 approve
  npx v7 adopt --stack prod
`;

/** `v7 adopt`: records in history what somebody made by hand, once it is proved equal to the directives. */
export function addAdopt(program: Command): void {
  program
    .command("adopt")
    .description("record what was made by hand, once it is proved equal to the directives")
    .addOption(stackOption())
    .addOption(jsonOption())
    .addHelpText("after", HELP)
    .action(async ({ stack, json }: { stack: string; json?: true }) => {
      const read = await readStackRequest(stack);
      const result = await adoptDirectives(runRequest(read, json === true ? undefined : print));
      if (json === true) {
        printJson(result);
        return;
      }
      const { adopted, left, historyHead } = result;
      print(
        adopted.length === 0
          ? "nothing to adopt: the history has every object that is there"
          : `adopted, unchanged: ${adopted.join(", ")}`,
      );
      if (left.length > 0) {
        print(`left for the next pulumi up: ${left.join(", ")}`);
      }
      print(`history ${historyHead}`);
    });
}
