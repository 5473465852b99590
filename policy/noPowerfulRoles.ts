import type { ResourceValidationPolicy } from "@pulumi/policy";

/** Attributes that let a role bypass its grants: the property's name, and PostgreSQL's. */
const ATTRIBUTES = {
  superuser: "SUPERUSER",
  createRole: "CREATEROLE",
  createDatabase: "CREATEDB",
  replication: "REPLICATION",
  bypassRowLevelSecurity: "BYPASSRLS",
} as const;

/** Refuses roles with an attribute that lets them bypass their grants. */
export const noPowerfulRoles: ResourceValidationPolicy = {
  name: "no-powerful-roles",
  description: "A role has no attribute that lets it go beyond its grants.",
  enforcementLevel: "mandatory",
  validateResource: ({ type, name, props }, reportViolation) => {
    if (type !== "postgresql:index/role:Role") {
      return;
    }
    for (const [property, attribute] of Object.entries(ATTRIBUTES)) {
      if (props[property] === true) {
        reportViolation(
          `role "${name}": found ${attribute}, expected none of ${Object.values(ATTRIBUTES).join(", ")}. ` +
            `Set ${property} to false, and grant what the role needs.`,
        );
      }
    }
  },
};
