import type { ResourceValidationPolicy } from "@pulumi/policy";

/** A role's password is a SCRAM verifier: a plain-text one would reach the server's log. */
export const noPlainPasswords: ResourceValidationPolicy = {
  name: "no-plain-passwords",
  description: "A role's password is given as a SCRAM-SHA-256 verifier.",
  enforcementLevel: "mandatory",
  validateResource: ({ type, name, props }, reportViolation) => {
    // The type comes first: an unknown value that nobody has to look at would make a preview warn for nothing.
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
