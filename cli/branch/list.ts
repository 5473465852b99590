import type { Command } from "commander";
import { formatTable } from "../../runner/base/table";
import { fromNow } from "../fromNow";
import { jsonOption } from "../options";
import { printAnswer } from "../print";
import { describeBranch } from "./describe";
import { openRecords } from "./workspace";

const HELP = `
Memory is in mebibytes; it is known for embedded servers on Linux only.

Exit codes:
  0  listed
  1  a fault that the message names

Examples:
  npx v7 branch list
  npx v7 branch list --json
`;

export function addList(branch: Command): void {
  branch
    .command("list")
    .description("list the branches that have a database here, with their states")
    .addOption(jsonOption())
    .addHelpText("after", HELP)
    .action(async ({ json }: { json?: true }) => {
      const records = await (await openRecords()).list();
      const found = await Promise.all(records.map(describeBranch));
      const rows = found.map(({ memoryMebibytes, usedAt, expiresAt, ...one }) => ({
        ...one,
        memory: memoryMebibytes,
        used: fromNow(new Date(usedAt)),
        expires: fromNow(new Date(expiresAt)),
      }));
      const columns = ["branch", "stack", "state", "port", "memory", "used", "expires"];
      printAnswer(json, found, () => [
        rows.length === 0 ? "no branch has a database here" : formatTable(columns, rows),
      ]);
    });
}
