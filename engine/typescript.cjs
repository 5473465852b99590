// Lets Node.js read TypeScript: `node --require ./engine/typescript.cjs`. tsx's cache stays in the checkout.
"use strict";
const { mkdirSync } = require("node:fs");
const { join } = require("node:path");

const temporary = join(__dirname, "..", ".v7", "tmp");
mkdirSync(temporary, { recursive: true, mode: 0o700 });
const { TMPDIR: before } = process.env;
// tsx asks for the temporary folder once, while it is loaded; what we start afterwards gets the user's own.
process.env.TMPDIR = temporary;
require("tsx/cjs/api").register();
if (before === undefined) {
  delete process.env.TMPDIR;
} else {
  process.env.TMPDIR = before;
}
