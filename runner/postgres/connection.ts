import { readFileSync } from "node:fs";
import { isIP } from "node:net";
import { resolve } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import type { ConnectionOptions } from "node:tls";
import { DatabaseError, type Client, type ClientBase } from "pg";
import { fault, messageOf } from "../base/fault";
import type { ConnectionSettings } from "../model";
import { newClient } from "./client";
import { connectionFaultHere } from "./connectionFault";
import { clearSession, pinSession } from "./session";

export interface ConnectOptions {
  /** What the server shows in pg_stat_activity. Default: `v7`. */
  readonly applicationName?: string;
  /** Of one attempt to connect. Default: 10. */
  readonly timeoutSeconds?: number;
  /** How long a server that is full or still starting is asked again. Default: 60. */
  readonly retrySeconds?: number;
}

/** The oldest server that has gen_random_uuid() without an extension, which the directive's defaults call. */
const OLDEST_SERVER_VERSION = 130_000;

/** 53300 too_many_connections and 57P03 cannot_connect_now pass by themselves; nothing else is tried again. */
const PASSING_STATES: ReadonlySet<string> = new Set(["53300", "57P03"]);

/** Supabase's transaction pooler. On it every statement may run in another session: locks and settings do not hold. */
const TRANSACTION_POOLER_PORT = 6543;

/**
 * Reads a certificate authority's PEM file.
 *
 * @param path absolute, or relative to `folder`
 * @throws SETTING_INVALID where there is none
 */
export function readCertificate(folder: string, path: string): string {
  try {
    const text = readFileSync(resolve(folder, path), "utf8");
    if (!text.includes("-----BEGIN CERTIFICATE-----")) {
      throw new Error("a file without a PEM certificate");
    }
    return text;
  } catch (cause) {
    throw fault("SETTING_INVALID", {
      what: `reading setting "v7:caCertificate", "${path}"`,
      found: (cause as NodeJS.ErrnoException).code ?? messageOf(cause),
      expected: "a PEM file that can be read, by its path in the project",
      remedy: "Correct the path; Supabase's certificate is in the project's database settings",
      cause,
    });
  }
}

/**
 * Settings that name the certificate authority's file as the runner takes them: the file read, the path gone.
 *
 * @param folder what a relative path is relative to: the project
 * @throws SETTING_INVALID where the file cannot be read
 */
export function withCertificate(folder: string, settings: ConnectionSettings): ConnectionSettings {
  const { caCertificate: path, ...rest } = settings;
  return path === undefined ? rest : { ...rest, caCertificate: readCertificate(folder, path) };
}

/** Host, port, database and login: what a message may say of a target. */
export function describeTarget(settings: ConnectionSettings): string {
  return `"${settings.user}@${settings.host}:${String(settings.port)}/${settings.databaseName}"`;
}

/**
 * Opens one connection, its session pinned so that no setting of the login, the database or the server changes what
 * SQL means. The caller ends it; {@link withConnection} does that by itself.
 *
 * @throws SERVER_UNREACHABLE, SERVER_REFUSED, SERVER_TLS, SERVER_POOLER, SERVER_UNSUPPORTED, SETTING_INVALID
 */
export async function connect(
  settings: ConnectionSettings,
  options: ConnectOptions = {},
): Promise<Client> {
  if (settings.port === TRANSACTION_POOLER_PORT) {
    throw poolerFault(settings, "port 6543, Supabase's transaction pooler");
  }
  refuseZeroBytes(settings);
  const client = await openClient(settings, options);
  try {
    await refuseOldServer(client, settings);
    await pinSession(client);
    return client;
  } catch (error) {
    await client.end();
    throw error;
  }
}

/** Runs `use` on a connection of its own, and ends it however that goes. */
export async function withConnection<T>(
  settings: ConnectionSettings,
  use: (client: Client) => Promise<T>,
  options: ConnectOptions = {},
): Promise<T> {
  const client = await connect(settings, options);
  try {
    return await use(client);
  } finally {
    await client.end();
  }
}

/** In the startup packet a zero byte ends a value, and what is behind it would be a setting of the session. */
function refuseZeroBytes(settings: ConnectionSettings): void {
  for (const name of ["host", "databaseName", "user", "password"] as const) {
    if (settings[name].includes("\0")) {
      throw fault("SETTING_INVALID", {
        what: `reading the connection's "${name}"`,
        found: "a zero byte",
        expected: "a text without zero bytes",
        remedy: `Correct v7:${name}, or the value that replaces it`,
      });
    }
  }
}

async function openClient(settings: ConnectionSettings, options: ConnectOptions): Promise<Client> {
  const { applicationName = "v7", timeoutSeconds = 10, retrySeconds = 60 } = options;
  const deadline = Date.now() + retrySeconds * 1000;
  let isPlain = false;
  for (let attempt = 1; ; attempt++) {
    const client = newClient(
      {
        host: settings.host,
        port: settings.port,
        database: settings.databaseName,
        user: settings.user,
        password: settings.password,
        ssl: tlsOptions(settings),
      },
      {
        application_name: applicationName,
        connectionTimeoutMillis: timeoutSeconds * 1000,
        keepAlive: true,
      },
      { isPlain },
    );
    try {
      await client.connect();
      await clearSession(client);
      return client;
    } catch (error) {
      if (!isPlain && isStartupRefused(error)) {
        isPlain = true;
        continue;
      }
      const isPassing = error instanceof DatabaseError && PASSING_STATES.has(error.code ?? "");
      if (!isPassing || Date.now() > deadline) {
        throw await connectionFaultHere(settings, error);
      }
      // Random, so that a hundred runners that were refused together do not come back together.
      await sleep(50 + Math.random() * Math.min(100 * attempt, 1000));
    }
  }
}

/**
 * PgBouncer refuses startup options that it was not told to ignore (08P01, or 0A000 in older releases): the session then
 * sets its path itself, as its first statement.
 */
function isStartupRefused(error: unknown): boolean {
  return error instanceof DatabaseError && /startup (parameter|option)/i.test(error.message);
}

function tlsOptions({
  sslMode = "verify-full",
  caCertificate,
  host,
}: ConnectionSettings): ConnectionOptions | false {
  if (sslMode === "disable") {
    return false;
  }
  return {
    rejectUnauthorized: sslMode !== "require",
    ...(caCertificate === undefined ? {} : { ca: caCertificate }),
    // verify-ca, as libpq has it: the chain is verified, the name is not.
    ...(sslMode === "verify-ca" ? { checkServerIdentity: () => undefined } : identity(host)),
  };
}

/** Whose name the certificate must have. An address is compared as a name is, and not sent as one: RFC 6066 forbids it. */
function identity(host: string): ConnectionOptions {
  return isIP(host) === 0 ? { servername: host } : { host };
}

async function refuseOldServer(client: Client, settings: ConnectionSettings): Promise<void> {
  const { rows } = await client.query<{ number: number; version: string }>(
    "SELECT current_setting('server_version_num')::int AS number, current_setting('server_version') AS version",
  );
  const server = rows[0];
  if (server === undefined || server.number < OLDEST_SERVER_VERSION) {
    throw fault("SERVER_UNSUPPORTED", {
      what: `connecting to ${describeTarget(settings)}`,
      found: `PostgreSQL ${server?.version ?? "of an unknown version"}`,
      expected: "13 or newer, which has gen_random_uuid() built in",
      remedy: "Upgrade the server",
    });
  }
}

function poolerFault(settings: ConnectionSettings, found: string): Error {
  return fault("SERVER_POOLER", {
    what: `connecting to ${describeTarget(settings)}`,
    found,
    expected: "a session of its own: the migration holds a session lock",
    remedy: "Use the session pooler (port 5432) or the direct connection",
  });
}

/**
 * Refuses a transaction pooler that hides behind another port.
 *
 * A pooler makes up the process id of the protocol's key data, and an idle session of a transaction pooler lends its
 * server to the next client: two clients with one backend are the proof.
 *
 * @throws SERVER_POOLER
 */
export async function refuseTransactionPooler(
  client: ClientBase,
  settings: ConnectionSettings,
): Promise<void> {
  const backend = async (one: ClientBase): Promise<number | undefined> =>
    (await one.query<{ pid: number }>("SELECT pg_backend_pid() AS pid")).rows[0]?.pid;
  const own = await backend(client);
  const announced = (client as unknown as { processID: number | null }).processID;
  if (own === announced) {
    return;
  }
  const second = await openClient(settings, {});
  try {
    if ((await backend(second)) === own) {
      throw poolerFault(settings, "two clients that share one backend: a transaction pooler");
    }
  } finally {
    await second.end();
  }
}
