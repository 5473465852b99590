import type { Command } from "commander";
import { clientUrl, withoutPassword } from "./clientUrl";
import { BY_STACK, type NamingOptions } from "./namedDatabase";
import { jsonOption } from "./options";
import { printAnswer } from "./print";

const HELP = `
The URL works for every client on this machine, in any folder: it names the file of certificate authorities by its
absolute path. Where the stack names no such file, that is .v7/authorities.pem, with the authorities that Node.js
trusts here. The URL contains the password: do not paste it where others can read it. For logs and summaries use
--no-password.

Exit codes:
  0  printed
  1  a fault: no such stack or branch, or it has no outputs yet

Examples:
  npx v7 url
  psql "$(npx v7 url)"
  export DATABASE_URL="$(npx v7 branch url)"
`;

interface UrlOptions extends NamingOptions {
  /** False: `--no-password`. */
  readonly password: boolean;
  readonly json?: true;
}

export function addUrl(parent: Command, by = BY_STACK): void {
  parent
    .command("url")
    .description("print the database's URL, password included")
    .addOption(by.option())
    .option("--no-password", "leave the password out")
    .addOption(jsonOption())
    .addHelpText("after", HELP)
    .action(async ({ password, json, ...named }: UrlOptions) => {
      const { databaseUrl, branch, stack } = await by.find(named);
      const whole = clientUrl(databaseUrl);
      const url = password ? whole : withoutPassword(whole);
      printAnswer(json, { branch, stack, databaseUrl: url }, () => [url]);
    });
}
