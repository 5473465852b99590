// A process of its own that gives a database data, for tests that kill it: node dataProcess.cjs seed|copy, and on its
// input, as JSON, the request's parts that are not the directives'; a seed's bytes as `text`.
"use strict";
const { Buffer } = require("node:buffer");
const { readFileSync } = require("node:fs");
require("tsx/cjs/api").register();
const { copyRows } = require("../../runner/data/copyRows.ts");
const { seedDatabase } = require("../../runner/data/seed.ts");
const { requestFor } = require("./directive.ts");

async function main() {
  const { text = "", ...parts } = JSON.parse(readFileSync(0, "utf8"));
  const request = { ...parts, ...(await requestFor(parts.to)), stack: parts.stack };
  process.stdout.write("ready\n");
  await (process.argv[2] === "seed"
    ? seedDatabase({ ...request, bytes: Buffer.from(text) })
    : copyRows(request));
  process.stdout.write("done\n");
}
void main();
