import type { ResourceValidationPolicy } from "@pulumi/policy";

const CONNECTING = [
  "directive:index:ApprovalGate",
  "directive:index:MigrationRunner",
  "directive:index:CatalogCheck",
  // Roles and grants use the provider's own connection.
  "pulumi:providers:postgresql",
];

/** Modes that verify the server's certificate. */
const VERIFYING: readonly unknown[] = ["verify-full", "verify-ca"];

/**
 * Requires connections to other machines to verify the server's certificate. Local addresses are exempt, for the stack's own
 * servers; whether the database is protected does not depend on its address.
 */
export const verifiedTls: ResourceValidationPolicy = {
  name: "verified-tls",
  description: "A connection to another machine verifies the server's certificate.",
  enforcementLevel: "mandatory",
  validateResource: ({ type, name, props }, reportViolation) => {
    // Known properties are tested first: a server that does not exist yet has an unknown host.
    const property = type === "pulumi:providers:postgresql" ? "sslmode" : "sslMode";
    if (!CONNECTING.includes(type) || VERIFYING.includes(props[property])) {
      return;
    }
    const host: unknown = props["host"];
    const isLocal = host === "127.0.0.1" || host === "::1" || host === "localhost";
    if (typeof host === "string" && !isLocal) {
      reportViolation(
        `"${name}": found ${property} ${props[property]} for ${host}, expected verify-full or verify-ca. ` +
          "Run pulumi config set v7:sslMode verify-full, and set v7:caCertificate.",
      );
    }
  },
};
