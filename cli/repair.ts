import type { Command } from "commander";
import { repairDrift } from "../runner/actions/repair";
import { print, printAside, printJson } from "./print";
import { readStackRequest, runRequest } from "./request";
import { jsonOption, stackOption } from "./stack";

const HELP = `
Runs what npx v7 plan --action repair shows, in one transaction, and looks again after each step: a step that does not
put right its finding is taken back, and the others stay. On a protected database the plan must have been approved:
npx v7 approve. Never drops data; what only a person can decide is left.

Exit codes:
  0  repaired, or nothing to repair
  1  a fault; nothing was changed
  3  something is left to a person

Examples:
  npx v7 plan --stack prod --action repair --out repair.json   # then npx v7 approve
  npx v7 repair --stack prod
`;

/** `v7 repair`: carries out the repair plan of what drift detection finds now. */
export function addRepair(program: Command): void {
  program
    .command("repair")
    .description("put right what drift detection finds, once that is approved")
    .addOption(stackOption())
    .addOption(jsonOption())
    .addHelpText("after", HELP)
    .action(async ({ stack, json }: { stack: string; json?: true }) => {
      const result = await repairDrift(runRequest(await readStackRequest(stack), printAside));
      process.exitCode = result.left.length > 0 ? 3 : 0;
      if (json === true) {
        printJson(result);
        return;
      }
      print(result.repaired.length === 0 ? "nothing to repair" : "repaired, in one transaction:");
      result.repaired.forEach((line) => {
        print(`  ${line}`);
      });
      if (result.left.length > 0) {
        print("left to a person (npx v7 drift says how):");
        result.left.forEach((line) => {
          print(`  ${line}`);
        });
      }
      result.refused.forEach((line) => {
        print(`taken back: ${line}`);
      });
    });
}
