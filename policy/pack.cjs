// Pulumi starts the pack by this file. Starting index.ts directly would type-check it with ts-node at every run, which takes
// three seconds; `npm test` checks types.
"use strict";
require("../engine/typescript.cjs");
require("./index.ts");
