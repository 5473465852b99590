import type { Command } from "commander";
import { repairDrift } from "../runner/actions/repair";
import { jsonOption, stackOption } from "./options";
import { printAnswer, printAside } from "./print";
import { readStackRequest, runRequest } from "./request";

const HELP = `
Runs the plan of npx v7 plan --action repair in one transaction, and checks each step's result: a step that does not
remove its finding is undone, the others stay. On a protected database the plan must be approved: npx v7 approve. Never
drops data; findings that need a person's decision are listed.

Exit codes:
  0  repaired, or nothing to repair
  1  a fault; nothing was changed
  3  findings are left to a person

Examples:
  npx v7 plan --stack prod --action repair --out repair.json   # then npx v7 approve
  npx v7 repair --stack prod
`;

export function addRepair(program: Command): void {
  program
    .command("repair")
    .description("repair the drift that is found, where that is approved")
    .addOption(stackOption())
    .addOption(jsonOption())
    .addHelpText("after", HELP)
    .action(async ({ stack, json }: { stack: string; json?: true }) => {
      const result = await repairDrift(runRequest(await readStackRequest(stack), printAside));
      const { repaired, left, refused } = result;
      process.exitCode = left.length > 0 ? 3 : 0;
      const indented = (line: string): string => `  ${line}`;
      printAnswer(json, result, () => [
        repaired.length === 0 ? "nothing to repair" : "repaired, in one transaction:",
        ...repaired.map(indented),
        ...(left.length > 0 ? ["left to a person (npx v7 drift says how):"] : []),
        ...left.map(indented),
        ...refused.map((line) => `taken back: ${line}`),
      ]);
    });
}
