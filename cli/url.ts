import type { Command } from "commander";
import { clientUrl } from "./clientUrl";
import { print, printJson } from "./print";
import { jsonOption, readOutputs, stackOption } from "./stack";

const HELP = `
Any client of this machine takes it, in any folder: it names the certificate authorities by their file's whole
path. Where the stack names none, that file is .v7/authorities.pem: those that Node.js trusts here. It holds the
password: do not paste it where others read.

Exit codes:
  0  printed
  1  a fault: no such stack, or none of its outputs yet

Examples:
  npx v7 url
  psql "$(npx v7 url)"
`;

/** `v7 url`: the database's URL, for any client. It holds the password: do not paste it anywhere. */
export function addUrl(program: Command): void {
  program
    .command("url")
    .description("print the database's URL, password included")
    .addOption(stackOption())
    .addOption(jsonOption())
    .addHelpText("after", HELP)
    .action(async ({ stack, json }: { stack: string; json?: true }) => {
      const databaseUrl = clientUrl((await readOutputs(stack)).databaseUrl);
      if (json === true) {
        printJson({ databaseUrl });
      } else {
        print(databaseUrl);
      }
    });
}
