/** Loaded by Node.js before Pulumi's launcher and the policy pack: `nodeargs` in policy/PulumiPolicy.yaml names this file. */
"use strict";
require("./typescript.cjs").launch("@pulumi/pulumi/cmd/run-policy-pack", "policy/index.ts");
