/**
 * What Node.js loads before Pulumi's launcher and the program: `nodeargs` in Pulumi.yaml names this file.
 *
 * The engine says by the flag --dry-run that a run is a preview. The SDK turns the flag into a variable, and believes the
 * variable without the flag as well: set in a user's shell, it would make an update look like a preview to the program,
 * whose gate lets previews pass.
 */
"use strict";
if (!process.argv.includes("--dry-run")) {
  delete process.env["PULUMI_NODEJS_DRY_RUN"];
}
require("./typescript.cjs").launch("@pulumi/pulumi/cmd/run", "index.ts");
