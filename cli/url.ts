import type { Command } from "commander";
import { print, printJson } from "./print";
import { jsonOption, readOutputs, stackOption } from "./stack";

/** `v7 url`: the database's URL, for any client. It holds the password: do not paste it anywhere. */
export function addUrl(program: Command): void {
  program
    .command("url")
    .description("print the database's URL, password included")
    .addOption(stackOption())
    .addOption(jsonOption())
    .action(async ({ stack, json }: { stack: string; json?: true }) => {
      const { databaseUrl } = await readOutputs(stack);
      if (json === true) {
        printJson({ databaseUrl });
      } else {
        print(databaseUrl);
      }
    });
}
