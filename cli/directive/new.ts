import type { Command } from "commander";
import { newDirective } from "../../runner/authoring/newDirective";
import { checkoutFolder } from "../../runner/base/checkoutFolder";
import { print, printEach } from "../print";

const HELP = `
Makes the folder sql/<directive> with a manifest, an empty access matrix, empty findings, and a
directive.sql for the SQL. docs/directives.md describes the next steps.

Exit codes:
  0  made
  1  a fault; nothing was written

Example:
  npx v7 directive new ad_006 --title "One ENUM for every status"
`;

export function addNew(directive: Command): void {
  directive
    .command("new")
    .description("make the folder of the next directive")
    .argument("<directive>", "its name, with the highest number: ad_006")
    .requiredOption("--title <title>", "its purpose in one line")
    .addHelpText("after", HELP)
    .action((name: string, { title }: { readonly title: string }) => {
      const files = newDirective(`${checkoutFolder()}/sql`, name, title);
      printEach(files.map((file) => `made: sql/${name}/${file}`));
      print(
        `Next: paste the SQL into sql/${name}/directive.sql, then npx v7 directive lock ${name}`,
      );
    });
}
