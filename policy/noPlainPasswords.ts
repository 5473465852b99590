import type { ResourceValidationPolicy } from "@pulumi/policy";

/** A role's password is a SCRAM verifier: a plain-text one would reach the server's log. */
export const noPlainPasswords: ResourceValidationPolicy = {
  name: "no-plain-passwords",
  description: "A role's password is given as a SCRAM-SHA-256 verifier.",
  enforcementLevel: "mandatory",
  validateResource: ({ type, name, props }, reportViolation) => {
    const password: unknown = props["password"];
    if (type !== "postgresql:index/role:Role" || typeof password !== "string" || password === "") {
      return;
    }
    if (!password.startsWith("SCRAM-SHA-256$")) {
      reportViolation(
        `role "${name}": found a plain-text password, expected a SCRAM-SHA-256 verifier. Make one with npx v7 verifier.`,
      );
    }
  },
};
