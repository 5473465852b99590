import type { Command } from "commander";
import { addDown } from "./branch/down";
import { addList } from "./branch/list";
import { addPrune } from "./branch/prune";
import { addStatus } from "./branch/status";
import { addUp } from "./branch/up";
import { BY_BRANCH } from "./namedDatabase";
import { addPsql } from "./psql";
import { addUrl } from "./url";

const HELP = `
Each branch has the stack dev-<branch>, made from Pulumi.dev.yaml: docs/branches.md. Each verb has
--help.

Exit codes:
  0  done
  1  a fault that the message names
  3  the answer is no

Examples:
  npx v7 branch up
  npx v7 branch down
`;

export function addBranch(program: Command): void {
  const branch = program
    .command("branch")
    .description("a separate database for each branch: up, status, url, psql, list, down, prune")
    .addHelpText("after", HELP);
  addUp(branch);
  addStatus(branch);
  addUrl(branch, BY_BRANCH);
  addPsql(branch, BY_BRANCH);
  addList(branch);
  addDown(branch);
  addPrune(branch);
}
