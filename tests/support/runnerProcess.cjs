// A runner in a process of its own, for tests that kill it: node runnerProcess.cjs apply|rollback '<connection as JSON>'.
"use strict";
require("tsx/cjs/api").register();
const { applyDirective } = require("../../runner/actions/apply.ts");
const { rollbackDirective } = require("../../runner/actions/rollback.ts");
const { requestFor } = require("./directive.ts");

async function main() {
  const request = await requestFor(JSON.parse(process.argv[3]));
  process.stdout.write("ready\n");
  await (process.argv[2] === "apply" ? applyDirective(request) : rollbackDirective(request));
  process.stdout.write("done\n");
}
void main();
