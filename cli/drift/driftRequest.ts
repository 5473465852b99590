import { existsSync } from "node:fs";
import { join } from "node:path";
import { CHECKOUT, PROJECT, type Environment } from "../../engine/paths";
import { fault } from "../../runner/base/fault";
import type { VerifyRequest } from "../../runner/drift/verify";
import type { ConnectionSettings, SslMode } from "../../runner/model";
import { withCertificate } from "../../runner/postgres/connection";
import { readConnectionUrl, type ConnectionUrl } from "../../runner/postgres/connectionUrl";
import { settingsRequest } from "../../runner/requests/settingsRequest";
import { ownSettings, type RawSettings } from "../../runner/settings/settingKeys";
import { isSecret, readSettingsFile } from "../../runner/settings/settingsFile";
import { parseSettings, type ParsedSettings } from "../../runner/settings/stackSettings";
import { readStackRequest } from "../request";

export interface DriftRequest {
  readonly connection: ConnectionSettings;
  readonly request: VerifyRequest;
}

/** The connection's options on the command line, which never has the password. */
export interface ConnectionOptions {
  /** The name of the environment variable that holds a URL. */
  readonly urlFrom?: string;
  readonly host?: string;
  readonly port?: string;
  readonly database?: string;
  readonly user?: string;
  readonly sslMode?: string;
  readonly caCertificate?: string;
}

export interface DriftSources {
  /** Default: this process's environment. */
  readonly environment?: Environment;
  /** The folder of the stack's settings file. Default: the checkout. */
  readonly folder?: string;
}

/**
 * Makes drift detection's request from the repository's files, the flags, and the login and password in the environment,
 * without Pulumi login, engine or passphrase. Only a stack with a server of its own needs the engine: its address is in
 * the stack's outputs.
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
  refuseElsewhere(options, given);
  if (settings.external === undefined && (options.host ?? options.urlFrom) === undefined) {
    const { request } = await readStackRequest(stack);
    return {
      connection: request.connection,
      request: { ...request, owner: request.connection.user },
    };
  }
  const fromSettings = await settingsRequest(settings);
  const connection = connectionFrom(settings, options, given, secret);
  const owner = settings.external?.user;
  return {
    connection,
    request: {
      ...fromSettings,
      ...(secret.includes("logins") ? { members: undefined } : {}),
      ...(owner === undefined || secret.includes("user") ? {} : { owner }),
    },
  };
}

/**
 * The address of an external server, where the stack's settings file has it unencrypted.
 *
 * @throws STACK_MISSING, and the SETTING_ codes
 */
export function readAddress(
  stack: string,
  folder = CHECKOUT,
): { readonly host: string; readonly port: number } | undefined {
  const { settings, secret } = readStackFile(stack, folder);
  return settings.external === undefined || secret.includes("host") ? undefined : settings.external;
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
  const own = Object.entries(ownSettings(PROJECT, config));
  const secret = own.filter(([, value]) => isSecret(value)).map(([key]) => key);
  const plain = own
    .filter(([, value]) => !isSecret(value))
    .map(
      ([key, value]) => [key, typeof value === "string" ? value : JSON.stringify(value)] as const,
    );
  const raw = Object.fromEntries(plain.filter(([, value]) => value !== ""));
  // An empty template has no address: the command line has to give it.
  const unknown = [...secret, ...ADDRESS.filter((key) => !(key in raw) && !secret.includes(key))];
  return { settings: parseSettings(withUnknown(raw, unknown)), secret: unknown };
}

/** The settings with an external database's address and login. */
const ADDRESS: readonly string[] = ["host", "user", "databaseName"];

/** Fills in values that are secret or come from the environment, so that checking the settings does not miss them. */
function withUnknown(raw: RawSettings, secret: readonly string[]): RawSettings {
  if (raw["database"] !== "external") {
    return raw;
  }
  const names = ["password", ...secret.filter((key) => ADDRESS.includes(key))];
  return { ...Object.fromEntries(names.map((key) => [key, "unknown"])), ...raw };
}

/** Variables by which other clients find a server. They are refused rather than ignored silently. */
const ELSEWHERE =
  /^(DATABASE_URL|PG(HOST|HOSTADDR|PORT|DATABASE|SERVICE|SERVICEFILE|SSLMODE|SSLROOTCERT))$/;

/** @throws SETTING_INVALID where such a variable is set and no flag names the server */
function refuseElsewhere(options: ConnectionOptions, environment: Environment): void {
  const found = Object.keys(environment).filter((name) => ELSEWHERE.test(name));
  if (found.length > 0 && options.host === undefined && options.urlFrom === undefined) {
    throw fault("SETTING_INVALID", {
      what: "reading the connection of v7 drift",
      found: `${found.sort().join(", ")} in the environment, where v7 drift does not look for the server`,
      expected: "the stack's own address, or one by flag",
      remedy:
        "Unset them, or name the server by flags: --host with --port, --database, --ssl-mode, or --url-from DATABASE_URL",
    });
  }
}

/** The URL in the variable that --url-from names. */
function readUrlFrom(options: ConnectionOptions, environment: Environment): ConnectionUrl {
  const { urlFrom } = options;
  if (urlFrom === undefined) {
    return {};
  }
  const text = environment[urlFrom];
  return text === undefined
    ? missing("a URL", `the variable ${urlFrom}`)
    : readConnectionUrl(text, urlFrom);
}

const SSL_MODES = ["disable", "require", "verify-ca", "verify-full"];

function connectionFrom(
  { external }: ParsedSettings,
  options: ConnectionOptions,
  environment: Environment,
  secret: readonly string[],
): ConnectionSettings {
  const url = readUrlFrom(options, environment);
  const fromFile = (key: "host" | "databaseName"): string | undefined =>
    secret.includes(key) ? undefined : external?.[key];
  const port = Number(
    options.port ?? url.port ?? (url.host === undefined ? external?.port : undefined) ?? 5432,
  );
  const sslMode = options.sslMode ?? url.sslMode ?? external?.sslMode ?? "verify-full";
  const certificate = options.caCertificate ?? url.caCertificate ?? external?.caCertificate;
  if (!SSL_MODES.includes(sslMode) || !Number.isInteger(port) || port < 1 || port > 65_535) {
    throw fault("SETTING_INVALID", {
      what: "reading the connection of v7 drift",
      found: `port ${port}, TLS "${sslMode}"`,
      expected: `a port from 1 to 65535, and one of ${SSL_MODES.join(", ")}`,
      remedy: "Correct the flags, or the URL; npx v7 drift --help names them",
    });
  }
  return withCertificate(CHECKOUT, {
    host: options.host ?? url.host ?? fromFile("host") ?? missing("a host", "--host"),
    port,
    databaseName:
      options.database ??
      url.databaseName ??
      fromFile("databaseName") ??
      missing("a database", "--database"),
    user: options.user ?? url.user ?? environment["PGUSER"] ?? missing("a login", "PGUSER"),
    password: url.password ?? environment["PGPASSWORD"] ?? missing("a password", "PGPASSWORD"),
    sslMode: sslMode as SslMode,
    ...(certificate === undefined || sslMode === "disable" ? {} : { caCertificate: certificate }),
  });
}

function missing(what: string, from: string): never {
  throw fault("SETTING_MISSING", {
    what: "reading the connection of v7 drift",
    found: `no ${what.replace(/^an? /, "")}`,
    remedy: `Set ${from}; npx v7 drift --help names everything that it reads`,
  });
}
