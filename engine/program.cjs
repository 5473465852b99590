/**
 * Loaded by Node.js before Pulumi's launcher and the program: `nodeargs` in Pulumi.yaml names this file.
 *
 * The engine marks a preview by the flag --dry-run. The SDK sets a variable for it, and also accepts the variable without
 * the flag: set in a user's shell, it would make the program take an update for a preview, which its gate lets pass.
 */
"use strict";
if (!process.argv.includes("--dry-run")) {
  delete process.env["PULUMI_NODEJS_DRY_RUN"];
}
require("./typescript.cjs").launch("@pulumi/pulumi/cmd/run", "index.ts");
