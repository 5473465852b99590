import { readFileSync } from "node:fs";
import type { ConnectionOptions } from "node:tls";
import { fault, messageOf } from "../../runner/base/fault";
import type { Properties } from "../../runner/plugin/resourceType";

/** The provider's configuration, as far as the stand-in has it. */
export interface ProviderSettings {
  readonly host: string;
  readonly port: number;
  readonly databaseName: string;
  readonly user: string;
  readonly password: string;
  readonly tls: ConnectionOptions | false;
  readonly connectTimeoutSeconds: number;
  /** How many connections the plugin may hold at once. Default: 20, as the official plugin. */
  readonly maxConnections: number;
  /** Whether the login is a superuser: only then are roles' passwords read. Default: true, as the official plugin. */
  readonly isSuperuser: boolean;
  /** The login's name inside the server where a pooler wants another one; default: {@link user}. */
  readonly databaseUsername: string;
}

/** What the official plugin has and the stand-in does not: logins by a cloud's own means. */
const NOT_HERE = ["awsRdsIamAuth", "azureIdentityAuth", "gcpIamImpersonateServiceAccount"] as const;

/**
 * Reads what `new postgresql.Provider` gives: numbers and booleans arrive as JSON text. What is absent comes from the
 * environment (PGHOST and so on), then from the official plugin's defaults. `expectedVersion` says nothing here: the
 * server is asked.
 *
 * @throws SETTING_INVALID
 */
export function readProviderSettings(
  settings: Properties,
  environment: NodeJS.ProcessEnv = process.env,
): ProviderSettings {
  for (const name of NOT_HERE) {
    if (settings[name] !== undefined && settings[name] !== "" && !isNo(settings[name])) {
      throw invalid(name, "a setting", "none: the stand-in logs in by name and password only");
    }
  }
  const text = (name: string, variable: string, otherwise: string): string =>
    textOf(settings[name]) ?? textOf(environment[variable]) ?? otherwise;
  const user = text("username", "PGUSER", "postgres");
  return {
    host: text("host", "PGHOST", "localhost"),
    port: wholeNumber("port", settings["port"] ?? environment["PGPORT"], 5432),
    databaseName: text("database", "PGDATABASE", "postgres"),
    user,
    password: text("password", "PGPASSWORD", ""),
    tls: tlsOf(settings, environment),
    connectTimeoutSeconds: wholeNumber("connectTimeout", settings["connectTimeout"], 180),
    maxConnections: Math.max(1, wholeNumber("maxConnections", settings["maxConnections"], 20)),
    isSuperuser: !isNo(settings["superuser"]),
    databaseUsername: textOf(settings["databaseUsername"]) ?? user,
  };
}

function textOf(value: unknown): string | undefined {
  return typeof value === "string" && value !== "" ? value : undefined;
}

function isNo(value: unknown): boolean {
  return value === false || value === "false";
}

function wholeNumber(name: string, value: unknown, otherwise: number): number {
  if (value === undefined || value === "") {
    return otherwise;
  }
  const number = Number(value);
  if (!Number.isInteger(number) || number < 0) {
    throw invalid(name, JSON.stringify(value), "a whole number");
  }
  return number;
}

/** As libpq's sslmode; the official plugin's default is `require`, and a root certificate makes that `verify-ca`. */
function tlsOf(settings: Properties, environment: NodeJS.ProcessEnv): ConnectionOptions | false {
  const mode =
    textOf(settings["sslmode"]) ??
    textOf(settings["sslMode"]) ??
    textOf(environment["PGSSLMODE"]) ??
    "require";
  const root = textOf(settings["sslrootcert"]);
  const authority = root === undefined ? {} : { ca: pem("sslrootcert", root) };
  const client = clientCertificate(settings["clientcert"]);
  switch (mode) {
    case "disable":
      return false;
    case "require":
      return root === undefined
        ? { rejectUnauthorized: false, ...client }
        : { ...authority, ...client, checkServerIdentity: () => undefined };
    case "verify-ca":
      return { ...authority, ...client, checkServerIdentity: () => undefined };
    case "verify-full":
      return { ...authority, ...client };
    default:
      throw invalid("sslmode", `"${mode}"`, "disable, require, verify-ca or verify-full");
  }
}

function clientCertificate(value: unknown): { cert?: string; key?: string } {
  const given: unknown = typeof value === "string" && value !== "" ? JSON.parse(value) : value;
  if (typeof given !== "object" || given === null) {
    return {};
  }
  const { cert, key } = given as { cert?: unknown; key?: unknown };
  if (typeof cert !== "string" || typeof key !== "string") {
    throw invalid("clientcert", "no cert or no key", "both");
  }
  return { cert: pem("clientcert.cert", cert), key: pem("clientcert.key", key) };
}

/** The text itself where it is one, else the file's. */
function pem(name: string, value: string): string {
  if (value.includes("-----BEGIN")) {
    return value;
  }
  try {
    return readFileSync(value, "utf8");
  } catch (error) {
    throw invalid(name, messageOf(error), "a PEM file that can be read");
  }
}

function invalid(name: string, found: string, expected: string): Error {
  return fault("SETTING_INVALID", {
    what: `reading the provider's "${name}"`,
    found,
    expected,
    remedy: "Correct the arguments of postgresql.Provider",
  });
}
