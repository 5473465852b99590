import type { ResourceValidationPolicy } from "@pulumi/policy";
import * as pulumi from "@pulumi/pulumi";
import { messageOf } from "../runner/base/fault";
import { plainInputs } from "./shared/plainInputs";
import { standInOnProtected } from "./shared/standIn";

/** On `up`, requires the official `postgresql` plugin for a protected database. In a preview the stand-in itself refuses. */
export const noStandIn: ResourceValidationPolicy = {
  name: "no-stand-in",
  description: "A protected database is worked on with the official postgresql plugin.",
  enforcementLevel: "mandatory",
  validateResource: async ({ type, name, props }, reportViolation) => {
    if (type !== "directive:index:ApprovalGate" || pulumi.runtime.isDryRun()) {
      return;
    }
    const found = await standInOnProtected(plainInputs(props) ?? {}).catch(messageOf);
    if (found !== undefined) {
      reportViolation(
        `"${name}": STAND_IN_REFUSED: looking at the postgresql plugin: found ${found}, expected the official postgresql plugin on a protected database. ` +
          "Run pulumi plugin install resource postgresql v3.18.1.",
      );
    }
  },
};
