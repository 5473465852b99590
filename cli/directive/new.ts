import type { Command } from "commander";
import { newDirective } from "../../runner/authoring/newDirective";
import { checkoutFolder } from "../../runner/base/checkoutFolder";
import { print } from "../print";

const HELP = `
Makes sql/<directive> with its manifest, an access matrix that adds nothing yet, no findings, and a
directive.sql into which the SQL is pasted. docs/directives.md goes on from there.

Exit codes:
  0  made
  1  a fault; nothing was written

Example:
  npx v7 directive new ad_006 --title "One ENUM for every status"
`;

/** `v7 directive new`: a directive's folder, with everything in it but its SQL. */
export function addNew(directive: Command): void {
  directive
    .command("new")
    .description("make the folder of the next directive")
    .argument("<directive>", "its name, behind all others: ad_006")
    .requiredOption("--title <title>", "one line that says what it is for")
    .addHelpText("after", HELP)
    .action((name: string, { title }: { readonly title: string }) => {
      const files = newDirective(`${checkoutFolder()}/sql`, name, title);
      files.forEach((file) => {
        print(`made: sql/${name}/${file}`);
      });
      print(
        `Next: paste the SQL into sql/${name}/directive.sql, then npx v7 directive lock ${name}`,
      );
    });
}
