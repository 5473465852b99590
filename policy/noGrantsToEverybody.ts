import type { ResourceValidationPolicy } from "@pulumi/policy";

/** PUBLIC, and the roles of Supabase's public Data API. */
const EVERYBODY: readonly string[] = ["public", "anon", "authenticated", "service_role"];

/** Refuses grants to PUBLIC and to the Data API's roles. */
export const noGrantsToEverybody: ResourceValidationPolicy = {
  name: "no-grants-to-everybody",
  description: "Nothing is granted to PUBLIC, anon, authenticated or service_role.",
  enforcementLevel: "mandatory",
  validateResource: ({ type, name, props }, reportViolation) => {
    const isGrant = [
      "postgresql:index/grant:Grant",
      "postgresql:index/grantRole:GrantRole",
      "postgresql:index/defaultPrivileges:DefaultPrivileges",
      // The old name of the same type, which the SDK still has.
      "postgresql:index/defaultPrivileg:DefaultPrivileg",
    ].includes(type);
    if (!isGrant) {
      return;
    }
    const role: unknown = props["role"];
    const privileges: unknown = props["privileges"];
    // The plugin writes a revocation as an empty list.
    const isRevocation = Array.isArray(privileges) && privileges.length === 0;
    if (!isRevocation && typeof role === "string" && EVERYBODY.includes(role.toLowerCase())) {
      reportViolation(
        `grant "${name}": found the role ${role}, expected one of the access matrix. Change the directive's access.yaml.`,
      );
    }
  },
};
