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

/** `v7 branch psql`: psql on the branch's database, as `v7 psql` has it. */
export function addPsql(branch: Command): void {
  branch
    .command("psql")
    .description("open psql on the branch's database, or a small client of ours")
    .addOption(branchOption())
    .option("-c, --command <sql>", "run this and end")
    .addOption(jsonOption())
    .addHelpText("after", "\n  npx v7 branch psql -c 'SELECT count(*) FROM file_audit'")
    .action(async ({ branch: named, command, json }: PsqlOptions) => {
      const { databaseUrl } = await readBranchOutputs(named);
      await openPsql(databaseUrl, command, json === true);
    });
}
