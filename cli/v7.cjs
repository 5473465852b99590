#!/usr/bin/env node
// `npx v7`
"use strict";
const { existsSync } = require("node:fs");
const { join } = require("node:path");

if (!existsSync(join(__dirname, "..", "node_modules", "esbuild"))) {
  console.error(
    "ENGINE_MISSING: starting v7: found no installed packages. Run npm ci, or npm start, first.",
  );
  process.exit(1);
}
require("../engine/typescript.cjs");
void require("./index.ts").main(process.argv);
