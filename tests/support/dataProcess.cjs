// A process of its own that gives a database data, for tests that kill it: node dataProcess.cjs seed|copy '<JSON>' with
// { from, to, stack, fromStack } and, for a seed, { name, text }.
"use strict";
require("tsx/cjs/api").register();
const { copyRows } = require("../../runner/copyRows.ts");
const { seedDatabase } = require("../../runner/seed.ts");
const { requestFor } = require("./directive.ts");

async function main() {
  const { text = "", ...parts } = JSON.parse(process.argv[3]);
  const request = { ...(await requestFor(parts.to)), ...parts };
  process.stdout.write("ready\n");
  await (process.argv[2] === "seed"
    ? seedDatabase({ ...request, bytes: Buffer.from(text) })
    : copyRows({ ...request, allowProtectedSource: false }));
  process.stdout.write("done\n");
}
void main();
