// Pulumi starts the pack here. Left to itself it would type-check the pack with ts-node at every run, which takes three
// seconds; `npm test` checks types.
"use strict";
require("../engine/typescript.cjs");
require("./index.ts");
