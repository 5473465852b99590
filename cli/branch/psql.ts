import type { Command } from "commander";
import { branchOption, jsonOption } from "../options";
import { openPsql } from "../psql";
import { readBranchOutputs } from "./outputs";

interface PsqlOptions {
  readonly branch?: string;
  readonly command?: string;
  readonly json?: true;
}

const HELP = `
Where there is no psql on PATH, and with --json, v7 runs the SQL of -c itself.

Exit codes:
  0  done
  1  a fault, or a statement that the server refused; otherwise psql's own

Examples:
  npx v7 branch psql
  npx v7 branch psql --command 'SELECT count(*) FROM file_audit'
`;

export function addPsql(branch: Command): void {
  branch
    .command("psql")
    .description("open psql on the branch's database; -c runs SQL, with or without psql")
    .addOption(branchOption())
    .option("-c, --command <sql>", "run this SQL and exit")
    .addOption(jsonOption())
    .addHelpText("after", HELP)
    .action(async ({ branch: named, command, json }: PsqlOptions) => {
      const { databaseUrl } = await readBranchOutputs(named);
      await openPsql(databaseUrl, command, json === true);
    });
}
