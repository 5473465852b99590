import type { Command } from "commander";
import { clientUrl } from "./clientUrl";
import { jsonOption, stackOption } from "./options";
import { printAnswer } from "./print";
import { readOutputs } from "./stack";

const HELP = `
The URL works for every client on this machine, in any folder: it names the file of certificate authorities by its
absolute path. Where the stack names no such file, that is .v7/authorities.pem, with the authorities that Node.js
trusts here. The URL contains the password: do not paste it where others can read it.

Exit codes:
  0  printed
  1  a fault: no such stack, or it has no outputs yet

Examples:
  npx v7 url
  psql "$(npx v7 url)"
`;

export function addUrl(program: Command): void {
  program
    .command("url")
    .description("print the database's URL, password included")
    .addOption(stackOption())
    .addOption(jsonOption())
    .addHelpText("after", HELP)
    .action(async ({ stack, json }: { stack: string; json?: true }) => {
      const databaseUrl = clientUrl((await readOutputs(stack)).databaseUrl);
      printAnswer(json, { databaseUrl }, () => [databaseUrl]);
    });
}
