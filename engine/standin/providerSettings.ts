import type { ConnectionSettings, SslMode } from "../../runner/model";
import type { Properties } from "../../runner/plugin/resourceType";
import { withCertificate } from "../../runner/postgres/connection";
import {
  oneOf,
  optional,
  refuseInputs,
  text,
  type InputRule,
  type InputShape,
} from "../../runner/requests/inputShape";

/** The provider's configuration, as far as the stand-in has it. */
export interface ProviderSettings {
  readonly connection: ConnectionSettings;
  readonly connectSeconds: number;
  /** How many connections the plugin may hold at once. */
  readonly maxConnections: number;
  /** The login's name inside the server, which a pooler's login is not. */
  readonly databaseUsername: string;
}

/** Numbers and booleans arrive as JSON text. */
const wholeNumber: InputRule = (value) =>
  typeof value === "string" && /^\d{1,5}$/.test(value) ? undefined : "is not a whole number";

const notHere: InputRule = (value) =>
  value === undefined ? undefined : "is nothing that the stand-in has";

/** What `new postgresql.Provider` gives in index.ts; logins by certificate or a cloud's own means are not here. */
const SHAPE: InputShape = {
  host: text,
  port: wholeNumber,
  database: text,
  username: text,
  databaseUsername: text,
  password: text,
  sslmode: oneOf("disable", "require", "verify-ca", "verify-full"),
  sslrootcert: optional(text),
  superuser: oneOf("false"),
  maxConnections: wholeNumber,
  connectTimeout: wholeNumber,
  clientcert: notHere,
  awsRdsIamAuth: notHere,
  azureIdentityAuth: notHere,
  gcpIamImpersonateServiceAccount: notHere,
};

/** @throws SETTING_INVALID */
export function readProviderSettings(settings: Properties): ProviderSettings {
  refuseInputs("postgresql.Provider", SHAPE, settings);
  const given = settings as Readonly<Record<string, string>>;
  const { host = "", database = "", username = "", databaseUsername = "", password = "" } = given;
  const { sslrootcert } = given;
  return {
    // The engine starts its plugins in the project's folder.
    connection: withCertificate(process.cwd(), {
      host,
      port: Number(given["port"]),
      databaseName: database,
      user: username,
      password,
      sslMode: given["sslmode"] as SslMode,
      ...(sslrootcert === undefined ? {} : { caCertificate: sslrootcert }),
    }),
    connectSeconds: Number(given["connectTimeout"]),
    maxConnections: Math.max(1, Number(given["maxConnections"])),
    databaseUsername,
  };
}
