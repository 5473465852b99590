import { readFileSync } from "node:fs";
import { isIP } from "node:net";
import { resolve } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import type { ConnectionOptions } from "node:tls";
import { DatabaseError, type Client } from "pg";
import { Fault, fault, messageOf } from "../base/fault";
import type { ConnectionSettings } from "../model";
import { BOUNDS } from "./bounds";
import { boundAnswers, newClient, type NewClientOptions } from "./client";
import { connectionFaultHere } from "./connectionFault";
import { proveSession, refusePoolerPort } from "./pooler";
import { pinSession } from "./session";
import { refusalFault, sessionFault } from "./sessionFault";
import { describeTarget } from "./target";

/** The default name is `v7`; the times have their defaults in {@link BOUNDS}. */
export interface ConnectOptions extends Omit<NewClientOptions, "isPlain"> {
  /** How long connecting to a server that is full or still starting is retried. */
  readonly retrySeconds?: number;
}

/** The oldest server that has gen_random_uuid() without an extension, which the directive's defaults call. */
const OLDEST_SERVER_VERSION = 130_000;

/** libpq's value of sslrootcert for the authorities that the system trusts; here, those that Node.js trusts. */
export const SYSTEM_AUTHORITIES = "system";

/** The errors after which connecting is retried: 53300 too_many_connections and 57P03 cannot_connect_now. */
const PASSING_STATES: ReadonlySet<string> = new Set(["53300", "57P03"]);

/**
 * Reads a certificate authority's PEM file.
 *
 * @param path absolute, or relative to `folder`
 * @throws SETTING_INVALID where it is missing or no PEM file
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
 * The settings with the path of the certificate authority's file replaced by the file's text.
 *
 * @param folder what a relative path is relative to: the project
 * @throws SETTING_INVALID where the file cannot be read
 */
export function withCertificate(folder: string, settings: ConnectionSettings): ConnectionSettings {
  const { caCertificate: path, ...rest } = settings;
  return path === undefined || path === SYSTEM_AUTHORITIES
    ? rest
    : { ...rest, caCertificate: readCertificate(folder, path) };
}

/**
 * Opens one connection and pins its session, so that no setting of the login, the database or the server changes what SQL
 * means. The caller must end it; {@link withConnection} does so by itself.
 *
 * @throws SERVER_UNREACHABLE, SERVER_REFUSED, SERVER_TLS, SERVER_POOLER, SERVER_UNSUPPORTED, SETTING_INVALID
 */
export async function connect(
  settings: ConnectionSettings,
  options: ConnectOptions = {},
): Promise<Client> {
  refusePoolerPort(settings);
  refuseZeroBytes(settings);
  const { client, server } = await openClient(settings, options);
  try {
    // A pooler announces a made-up process id. It is detected before any setting is made, which could stay on a backend that
    // other clients use.
    if (server.pid !== announcedPid(client)) {
      await refuseTransactionPooler(client, settings, true);
    }
    refuseOldServer(server, settings);
    await pinSession(client);
    boundAnswers(client, options.answerSeconds ?? BOUNDS.answerSeconds);
    return client;
  } catch (error) {
    await client.end();
    throw error instanceof Fault ? error : await connectionFaultHere(settings, error);
  }
}

/**
 * Runs `use` on a new connection, and ends the connection afterwards in any case.
 *
 * @throws SERVER_SILENT, SERVER_LOST, LOCK_TIMEOUT where the session could not go on; and what connecting throws
 */
export async function withConnection<T>(
  settings: ConnectionSettings,
  use: (client: Client) => Promise<T>,
  options: ConnectOptions = {},
): Promise<T> {
  return await useAndEnd(await connect(settings, options), settings, use);
}

/**
 * Runs `use` on a connection to a database of the server that is neither created nor dropped here: `postgres`, or
 * `template1` where `postgres` refuses this login. A query may take a day, since whole databases are copied.
 *
 * @throws as {@link withConnection}; where both refuse the login, the refusal of `postgres`
 */
export async function withMaintenance<T>(
  settings: ConnectionSettings,
  use: (client: Client) => Promise<T>,
): Promise<T> {
  const connectTo = (databaseName: string): Promise<Client> =>
    connect({ ...settings, databaseName }, { answerSeconds: BOUNDS.longAnswerSeconds });
  const client = await connectTo("postgres").catch(async (refusal: unknown) => {
    if (!(refusal instanceof Fault) || refusal.code !== "SERVER_REFUSED") {
      throw refusal;
    }
    return await connectTo("template1").catch(() => {
      throw refusal;
    });
  });
  return await useAndEnd(client, settings, use);
}

async function useAndEnd<T>(
  client: Client,
  settings: ConnectionSettings,
  use: (client: Client) => Promise<T>,
): Promise<T> {
  try {
    return await use(client);
  } catch (error) {
    throw refusalFault(settings, await sessionFault(client, settings, error));
  } finally {
    await client.end();
  }
}

/**
 * Proves that this client has its own session, whatever process id the server announces. Called before a database is
 * changed.
 *
 * @throws SERVER_POOLER
 */
export async function refuseTransactionPooler(
  client: Client,
  settings: ConnectionSettings,
  isSuspect = false,
): Promise<void> {
  // Where nothing indicates a pooler, a server without a free connection is not waited for.
  const retrySeconds = isSuspect ? BOUNDS.connectSeconds : 0;
  await proveSession(client, settings, {
    isSuspect,
    open: async () => (await openClient(settings, { retrySeconds })).client,
  });
}

/** In the startup packet a zero byte ends a value, and the text after it would be read as a session setting. */
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

/** The server's version and this session's process id, from built-in functions called by their qualified names. */
interface Server {
  readonly number: number;
  readonly version: string;
  readonly pid: number;
}

/** Connects and sends one query; nothing is set on the session yet. */
async function openClient(
  settings: ConnectionSettings,
  options: ConnectOptions,
): Promise<{ readonly client: Client; readonly server: Server }> {
  const {
    applicationName = "v7",
    connectSeconds = BOUNDS.connectSeconds,
    retrySeconds = BOUNDS.fullServerSeconds,
  } = options;
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
      { applicationName, connectSeconds, answerSeconds: connectSeconds, isPlain },
    );
    try {
      await client.connect();
      return { client, server: await lookAtServer(client) };
    } catch (error) {
      await client.end();
      if (!isPlain && isStartupRefused(error)) {
        isPlain = true;
        continue;
      }
      const isPassing = error instanceof DatabaseError && PASSING_STATES.has(error.code ?? "");
      if (!isPassing || Date.now() > deadline) {
        throw await connectionFaultHere(settings, error);
      }
      // Random, so that a hundred runners that were refused at once do not retry at once.
      await sleep(50 + Math.random() * Math.min(100 * attempt, 1000));
    }
  }
}

async function lookAtServer(client: Client): Promise<Server> {
  // Without a cast: somebody may have made another one between these types.
  const { rows } = await client.query<Omit<Server, "number"> & { readonly number: string }>(
    `SELECT pg_catalog.current_setting('server_version_num') AS number,
            pg_catalog.current_setting('server_version') AS version, pg_catalog.pg_backend_pid() AS pid`,
  );
  const [server = { number: "0", version: "of an unknown version", pid: 0 }] = rows;
  return { ...server, number: Number(server.number) };
}

/** The process id in the protocol's BackendKeyData message. */
function announcedPid(client: Client): number | null {
  return (client as unknown as { processID: number | null }).processID;
}

/**
 * Whether the startup options were refused, as PgBouncer does with options that it was not told to ignore (08P01, or 0A000
 * in older releases). The session's first statement then sets the search path.
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
    // As in libpq, verify-ca verifies the chain, but not the name.
    ...(sslMode === "verify-ca" ? { checkServerIdentity: () => undefined } : identity(host)),
  };
}

/** The name that the certificate must have. An IP address is checked, too, but not sent as a server name (RFC 6066). */
function identity(host: string): ConnectionOptions {
  return isIP(host) === 0 ? { servername: host } : { host };
}

function refuseOldServer({ number, version }: Server, settings: ConnectionSettings): void {
  if (number < OLDEST_SERVER_VERSION) {
    throw fault("SERVER_UNSUPPORTED", {
      what: `connecting to ${describeTarget(settings)}`,
      found: `PostgreSQL ${version}`,
      expected: "13 or newer, which has gen_random_uuid() built in",
      remedy: "Upgrade the server",
    });
  }
}
