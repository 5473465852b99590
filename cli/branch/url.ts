import type { Command } from "commander";
import { clientUrl } from "../clientUrl";
import { branchOption, jsonOption } from "../options";
import { printAnswer } from "../print";
import { readBranchOutputs } from "./outputs";

interface UrlOptions {
  readonly branch?: string;
  /** False: `--no-password`. */
  readonly password: boolean;
  readonly json?: true;
}

const HELP = `
The URL contains the password: do not paste it anywhere. For logs and summaries use --no-password.

Exit codes:
  0  printed
  1  a fault: the branch has no database

Examples:
  export DATABASE_URL="$(npx v7 branch url)"
  npx v7 branch url --no-password
`;

export function addUrl(branch: Command): void {
  branch
    .command("url")
    .description("print the URL of the branch's database, password included")
    .addOption(branchOption())
    .option("--no-password", "leave the password out")
    .addOption(jsonOption())
    .addHelpText("after", HELP)
    .action(async ({ branch: named, password, json }: UrlOptions) => {
      const { stack, branch, databaseUrl } = await readBranchOutputs(named);
      const whole = clientUrl(databaseUrl);
      const url = password ? whole : withoutPassword(whole);
      printAnswer(json, { branch, stack, databaseUrl: url }, () => [url]);
    });
}

export function withoutPassword(databaseUrl: string): string {
  const url = new URL(databaseUrl);
  url.password = "";
  return url.href;
}
