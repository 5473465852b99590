import type { ResourceValidationPolicy } from "@pulumi/policy";

/** MigrationRunner holds the data. CatalogCheck is deleted first: it must stop a destroy before grants and roles are deleted. */
const HOLDING = ["directive:index:MigrationRunner", "directive:index:CatalogCheck"];

/** Where approvals are required, requires the option protect for the resources that hold the data. */
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
