import type { Command } from "commander";
import { openPsql } from "../psql";
import { jsonOption } from "../stack";
import { branchOption } from "./options";
import { readBranchOutputs } from "./outputs";

interface PsqlOptions {
  readonly branch?: string;
  readonly command?: string;
  readonly json?: true;
}

const HELP = `
Where there is no psql on PATH, and for --json, -c is run by v7 itself.

Exit codes:
  0  all ran
  1  a fault, or a statement that the server refused; otherwise psql's own

Examples:
  npx v7 branch psql
  npx v7 branch psql --command 'SELECT count(*) FROM file_audit'
`;

/** `v7 branch psql`: psql on the branch's database, as `v7 psql` has it. */
export function addPsql(branch: Command): void {
  branch
    .command("psql")
    .description("open psql on the branch's database; -c runs one text, with or without a psql")
    .addOption(branchOption())
    .option("-c, --command <sql>", "run this and end")
    .addOption(jsonOption())
    .addHelpText("after", HELP)
    .action(async ({ branch: named, command, json }: PsqlOptions) => {
      const { databaseUrl } = await readBranchOutputs(named);
      await openPsql(databaseUrl, command, json === true);
    });
}
