#!/usr/bin/env node
// `npx v7`: TypeScript is compiled on the way in by tsx; its cache stays in the checkout.
"use strict";
const { existsSync, mkdirSync } = require("node:fs");
const { join } = require("node:path");

const checkout = join(__dirname, "..");
if (!existsSync(join(checkout, "node_modules", "tsx"))) {
  console.error(
    "ENGINE_MISSING: starting v7: found no installed packages. Run npm ci, or npm start, first.",
  );
  process.exit(1);
}
process.env.TMPDIR = join(checkout, ".v7", "tmp");
mkdirSync(process.env.TMPDIR, { recursive: true, mode: 0o700 });
require("tsx/cjs/api").register();
void require("./index.ts").main(process.argv);
