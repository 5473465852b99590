import type { ResourceValidationPolicy } from "@pulumi/policy";

/** Refuses plain-text passwords of roles, which could appear in the server's log; a SCRAM verifier is required. */
export const noPlainPasswords: ResourceValidationPolicy = {
  name: "no-plain-passwords",
  description: "A role's password is given as a SCRAM-SHA-256 verifier.",
  enforcementLevel: "mandatory",
  validateResource: ({ type, name, props }, reportViolation) => {
    // The type is tested first: reading an unknown property of another type would cause a needless warning in a preview.
    if (type !== "postgresql:index/role:Role") {
      return;
    }
    for (const property of ["password", "passwordWo"]) {
      const password: unknown = props[property];
      if (
        typeof password === "string" &&
        password !== "" &&
        !password.startsWith("SCRAM-SHA-256$")
      ) {
        reportViolation(
          `role "${name}": found a plain-text ${property}, expected a SCRAM-SHA-256 verifier. Make one with npx v7 verifier.`,
        );
      }
    }
  },
};
