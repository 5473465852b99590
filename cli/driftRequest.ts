import { existsSync } from "node:fs";
import { join, resolve } from "node:path";
import { CHECKOUT, PROJECT } from "../engine/paths";
import { fault, type Fault } from "../runner/base/fault";
import { loadDirectives } from "../runner/directive/directive";
import type { VerifyRequest } from "../runner/drift/verify";
import type { ConnectionSettings, SslMode } from "../runner/model";
import { readCertificate } from "../runner/postgres/connection";
import { checkLogins, membersByRole } from "../runner/settings/logins";
import type { RawSettings } from "../runner/settings/settingKeys";
import { readSettingsFile } from "../runner/settings/settingsFile";
import { parseSettings, type ParsedSettings } from "../runner/settings/stackSettings";
import { readStackRequest } from "./request";

export interface DriftRequest {
  readonly connection: ConnectionSettings;
  readonly request: VerifyRequest;
}

/** What the command line says of the connection; the password is never on it. */
export interface ConnectionOptions {
  readonly host?: string;
  readonly port?: string;
  readonly database?: string;
  readonly user?: string;
  readonly sslMode?: string;
  readonly caCertificate?: string;
}

export interface DriftSources {
  /** Default: this process's. */
  readonly environment?: Environment;
  /** Where the stack's file is. Default: the checkout. */
  readonly folder?: string;
}

type Environment = Readonly<Record<string, string | undefined>>;

/**
 * What drift detection needs, from the repository's files and the environment alone: no Pulumi login, no engine, no
 * passphrase. A stack whose server is its own has no address in its file: its outputs have it, and they need the engine.
 *
 * @throws STACK_MISSING, the SETTING_ codes, and those of reading the directives
 */
export async function readDriftRequest(
  stack: string,
  options: ConnectionOptions,
  { environment = process.env, folder = CHECKOUT }: DriftSources = {},
): Promise<DriftRequest> {
  const { settings, secret } = readStackFile(stack, folder);
  const given = withoutEmpty(environment);
  const isGiven = options.host ?? given["DATABASE_URL"] ?? given["PGHOST"];
  if (settings.external === undefined && isGiven === undefined) {
    const { request } = await readStackRequest(stack);
    return {
      connection: request.connection,
      request: { ...request, owner: request.connection.user },
    };
  }
  const directives = await loadDirectives(
    join(CHECKOUT, "sql"),
    settings.amendments,
    settings.roleSuffix,
  );
  checkLogins(settings.logins, directives.access);
  const connection = connectionFrom(settings, options, given, secret);
  const owner = settings.external?.user;
  return {
    connection,
    request: {
      ...directives,
      signersFile: resolve(CHECKOUT, settings.allowedSigners),
      members: secret.includes("logins") ? undefined : membersByRole(settings.logins),
      ...(owner === undefined || secret.includes("user") ? {} : { owner }),
    },
  };
}

/** A variable that is empty is one that is not there: CI gives a secret that nobody set as nothing. */
function withoutEmpty(environment: Environment): Environment {
  return Object.fromEntries(Object.entries(environment).filter(([, value]) => value !== ""));
}

/** The stack's settings as its file has them; `secret` are those that only the passphrase opens. */
function readStackFile(
  stack: string,
  folder: string,
): { settings: ParsedSettings; secret: readonly string[] } {
  const name = `Pulumi.${stack}.yaml`;
  const path = join(folder, name);
  if (!/^[\w.-]+$/.test(stack) || !existsSync(path)) {
    throw fault("STACK_MISSING", {
      what: `reading the settings of stack "${stack}"`,
      found: `no file ${name}`,
      remedy: "Check --stack; a stack's settings file belongs into the repository",
    });
  }
  const { config = {} } = readSettingsFile(path);
  const prefix = `${PROJECT}:`;
  const own = Object.entries(config)
    .filter(([key]) => key.startsWith(prefix))
    .map(([key, value]) => [key.slice(prefix.length), value] as const);
  const isSecret = (value: unknown): boolean =>
    typeof value === "object" && value !== null && "secure" in value;
  const secret = own.filter(([, value]) => isSecret(value)).map(([key]) => key);
  const plain = own
    .filter(([, value]) => !isSecret(value))
    .map(
      ([key, value]) => [key, typeof value === "string" ? value : JSON.stringify(value)] as const,
    );
  const raw = Object.fromEntries(plain.filter(([, value]) => value !== ""));
  // A template that nobody has filled in has no address either: the environment or the command line says it.
  const unknown = [...secret, ...ADDRESS.filter((key) => !(key in raw) && !secret.includes(key))];
  return { settings: parseSettings(withUnknown(raw, unknown)), secret: unknown };
}

/** The settings that say where an external database is, and as whom. */
const ADDRESS: readonly string[] = ["host", "user", "databaseName"];

/** What is secret, or comes from the environment, must not be missed where the others are checked. */
function withUnknown(raw: RawSettings, secret: readonly string[]): RawSettings {
  if (raw["database"] !== "external") {
    return raw;
  }
  const names = ["password", ...secret.filter((key) => ADDRESS.includes(key))];
  return { ...Object.fromEntries(names.map((key) => [key, "unknown"])), ...raw };
}

const SSL_MODES = ["disable", "require", "verify-ca", "verify-full"];

function connectionFrom(
  { external }: ParsedSettings,
  options: ConnectionOptions,
  environment: Environment,
  secret: readonly string[],
): ConnectionSettings {
  const url = readUrl(environment["DATABASE_URL"]);
  const fromFile = (key: "host" | "databaseName"): string | undefined =>
    secret.includes(key) ? undefined : external?.[key];
  const host = options.host ?? url?.host ?? environment["PGHOST"] ?? fromFile("host");
  const databaseName =
    options.database ?? url?.databaseName ?? environment["PGDATABASE"] ?? fromFile("databaseName");
  const user = options.user ?? url?.user ?? environment["PGUSER"];
  const password = url?.password ?? environment["PGPASSWORD"];
  const port = Number(options.port ?? url?.port ?? environment["PGPORT"] ?? external?.port ?? 5432);
  const sslMode =
    options.sslMode ??
    url?.sslMode ??
    environment["PGSSLMODE"] ??
    external?.sslMode ??
    "verify-full";
  const certificate =
    options.caCertificate ??
    url?.caCertificate ??
    environment["PGSSLROOTCERT"] ??
    external?.caCertificate;
  if (!SSL_MODES.includes(sslMode) || !Number.isInteger(port) || port < 1 || port > 65_535) {
    throw fault("SETTING_INVALID", {
      what: "reading the connection of v7 drift",
      found: `port ${String(port)}, TLS "${sslMode}"`,
      expected: `a port from 1 to 65535, and one of ${SSL_MODES.join(", ")}`,
      remedy: "Correct PGPORT and PGSSLMODE, or the flags; npx v7 drift --help names them",
    });
  }
  return {
    host: host ?? missing("a host", "PGHOST"),
    port,
    databaseName: databaseName ?? missing("a database", "PGDATABASE"),
    user: user ?? missing("a login", "PGUSER"),
    password: password ?? missing("a password", "PGPASSWORD"),
    sslMode: sslMode as SslMode,
    ...(certificate === undefined || sslMode === "disable"
      ? {}
      : { caCertificate: readCertificate(CHECKOUT, certificate) }),
  };
}

function missing(what: string, variable: string): never {
  throw settingMissing(what, variable);
}

function settingMissing(what: string, variable: string): Fault {
  return fault("SETTING_MISSING", {
    what: "reading the connection of v7 drift",
    found: `no ${what.replace(/^an? /, "")}`,
    expected: `${what}, of a login that is a member of v7_ci`,
    remedy: `Set ${variable}, or DATABASE_URL; npx v7 drift --help names everything that it reads`,
  });
}

interface UrlParts {
  readonly host: string;
  readonly port: string | undefined;
  readonly databaseName: string | undefined;
  readonly user: string | undefined;
  readonly password: string | undefined;
  readonly sslMode: string | undefined;
  readonly caCertificate: string | undefined;
}

/** A URL's parts; of one that cannot be read, nothing is shown. */
function readUrl(text: string | undefined): UrlParts | undefined {
  if (text === undefined) {
    return undefined;
  }
  const given = (value: string | null): string | undefined =>
    value === null || value === "" ? undefined : decodeURIComponent(value);
  try {
    const url = new URL(text);
    if (!/^postgres(ql)?:$/.test(url.protocol)) {
      throw new Error("another protocol");
    }
    return {
      host: url.hostname.replace(/^\[(.*)\]$/, "$1"),
      port: given(url.port),
      databaseName: given(url.pathname.slice(1)),
      user: given(url.username),
      password: given(url.password),
      sslMode: given(url.searchParams.get("sslmode")),
      caCertificate: given(url.searchParams.get("sslrootcert")),
    };
  } catch {
    throw fault("SETTING_INVALID", {
      what: "reading DATABASE_URL",
      found: "something else",
      expected:
        "postgresql://LOGIN:PASSWORD@HOST:PORT/DATABASE, with special characters percent-encoded",
      remedy: "Correct it, or use PGHOST, PGUSER, PGPASSWORD and PGDATABASE",
    });
  }
}
