import type { ResourceValidationPolicy } from "@pulumi/policy";

const CONNECTING = [
  "directive:index:ApprovalGate",
  "directive:index:MigrationRunner",
  "directive:index:CatalogCheck",
  // It has a connection of its own, for roles and grants.
  "pulumi:providers:postgresql",
];

/** Modes in which the server has to prove who it is. */
const VERIFYING: readonly unknown[] = ["verify-full", "verify-ca"];

/**
 * Whoever connects to another machine verifies its certificate. 127.0.0.1 is left out here, for the stack's own
 * servers; that an address looks local proves nothing about the database, which the plugin asks itself.
 */
export const verifiedTls: ResourceValidationPolicy = {
  name: "verified-tls",
  description: "A connection to another machine verifies the server's certificate.",
  enforcementLevel: "mandatory",
  validateResource: ({ type, name, props }, reportViolation) => {
    // What is known comes first: a server that is not made yet has no host, and nothing has to be asked of it.
    const property = type === "pulumi:providers:postgresql" ? "sslmode" : "sslMode";
    if (!CONNECTING.includes(type) || VERIFYING.includes(props[property])) {
      return;
    }
    const host: unknown = props["host"];
    const isLocal = host === "127.0.0.1" || host === "::1" || host === "localhost";
    if (typeof host === "string" && !isLocal) {
      reportViolation(
        `"${name}": found ${property} ${String(props[property])} for ${host}, expected verify-full or verify-ca. ` +
          "Run pulumi config set v7:sslMode verify-full, and set v7:caCertificate.",
      );
    }
  },
};
