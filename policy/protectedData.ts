import type { ResourceValidationPolicy } from "@pulumi/policy";

/** The one holds the data; the other is deleted first, and a destroy must stop before grants and roles are gone. */
const HOLDING = ["directive:index:MigrationRunner", "directive:index:CatalogCheck"];

/** Where the stack asks for approvals, the resources that hold the data are protected against a slip of the hand. */
export const protectedData: ResourceValidationPolicy = {
  name: "protected-data",
  description: "Where approvals are required, what holds the data has the option protect.",
  enforcementLevel: "mandatory",
  validateResource: ({ type, name, props, opts }, reportViolation) => {
    if (!HOLDING.includes(type) || opts.protect) {
      return;
    }
    if (props["requireApproval"] !== false) {
      reportViolation(
        `"${name}": found protect false, expected true, since approvals are required. ` +
          "Give it the option protect: true in index.ts.",
      );
    }
  },
};
