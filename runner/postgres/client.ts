import type { Socket } from "node:net";
import { TLSSocket } from "node:tls";
import { Client, type ClientBase, type ClientConfig, type DatabaseError } from "pg";
import { BOUNDS } from "./bounds";
import { SEARCH_PATH } from "./session";

/** The server, the database and the login of a connection. There are no defaults. */
export type ClientTarget = Required<
  Pick<ClientConfig, "host" | "port" | "database" | "user" | "ssl">
> & { readonly password: string };

export interface NewClientOptions {
  /** What the server shows in pg_stat_activity. */
  readonly applicationName?: string;
  /** For one attempt to connect. */
  readonly connectSeconds?: number;
  /** How long the server may be silent while a query waits. */
  readonly answerSeconds?: number;
  /** Send no options in the startup packet: some poolers refuse them. */
  readonly isPlain?: boolean;
}

/** The server was silent for too long while a query waited. */
export class SilentServerError extends Error {
  public constructor(seconds: number) {
    super(`no answer within ${String(seconds)} s`);
  }
}

/** The error that broke a client's connection; later queries only fail because it is broken. */
const BREAKS = new WeakMap<ClientBase, unknown>();

/** The error that broke this client's connection; undefined while it is not broken. */
export function breakOf(client: ClientBase): unknown {
  return BREAKS.get(client);
}

/**
 * A client that is not yet connected. It ignores the PG* variables and the password file, which `pg` would read for each
 * value that is missing or empty. Every wait on it is limited by {@link BOUNDS}.
 *
 * The startup packet sets the search path.
 */
export function newClient(
  { password, ...target }: ClientTarget,
  {
    applicationName,
    connectSeconds = BOUNDS.connectSeconds,
    answerSeconds = BOUNDS.answerSeconds,
    isPlain = false,
  }: NewClientOptions = {},
): Client {
  const client = withoutPgVariables(
    () =>
      new Client({
        ...target,
        ...(applicationName === undefined ? {} : { application_name: applicationName }),
        connectionTimeoutMillis: connectSeconds * 1000,
        // Queries are sent without waiting for the answers before them: runner/postgres/together.ts.
        pipeline: true,
        keepAlive: true,
        keepAliveInitialDelayMillis: BOUNDS.keepAliveSeconds * 1000,
        // A function, because an empty password would be looked up in the environment and in ~/.pgpass.
        password: () => password,
        ...(isPlain ? {} : { options: `-c search_path=${SEARCH_PATH.replaceAll(" ", "")}` }),
      }),
  );
  // Without a listener, a connection that breaks while no query waits would end the process; the next query will fail.
  client.on("error", (error) => {
    BREAKS.set(client, BREAKS.get(client) ?? error);
  });
  // A FATAL message arrives before the socket closes; queries that fail in between must have the same cause.
  (client as unknown as Inside).connection.on("errorMessage", (error) => {
    if (error.severity === "FATAL") {
      BREAKS.set(client, error);
    }
  });
  client.once("connect", () => {
    cutWhenSilent(client);
    boundAnswers(client, answerSeconds);
  });
  return withBoundedEnd(client);
}

/** Private parts of `pg`'s client: its socket (another one once TLS begins), the server's errors, whether no query waits. */
interface Inside {
  readonly connection: {
    readonly stream: Socket;
    on(event: "errorMessage", listener: (error: DatabaseError) => void): void;
  };
  readonly readyForQuery: boolean;
}

/** The TLS version of a connection, and when the server's certificate expires; undefined where it is not encrypted. */
export function tlsOf(
  client: Client,
): { readonly protocol: string; readonly validTo: Date } | undefined {
  const { stream } = (client as unknown as Inside).connection;
  return stream instanceof TLSSocket
    ? {
        protocol: stream.getProtocol() ?? "TLS",
        validTo: new Date(stream.getPeerCertificate().valid_to),
      }
    : undefined;
}

/** From now on cuts the connection when a query waits and the server has been silent for so long. */
export function boundAnswers(client: Client, seconds: number): void {
  (client as unknown as Inside).connection.stream.setTimeout(seconds * 1000);
}

function cutWhenSilent(client: Client): void {
  const inside = client as unknown as Inside;
  const { stream } = inside.connection;
  stream.on("timeout", () => {
    if (!inside.readyForQuery) {
      stream.destroy(new SilentServerError((stream.timeout ?? 0) / 1000));
    }
  });
}

/** Limits how long `end` waits: a server that is silent does not answer the closing message either. */
function withBoundedEnd(client: Client): Client {
  const end: () => Promise<void> = client.end.bind(client);
  const bounded = async (): Promise<void> => {
    const cut = setTimeout(() => {
      (client as unknown as Inside).connection.stream.destroy();
    }, BOUNDS.closeSeconds * 1000);
    await end().finally(() => {
      clearTimeout(cut);
    });
  };
  return Object.assign(client, { end: bounded });
}

/** The environment without libpq's variables, for a child process that gets its connection in another way. */
export function withoutPg(environment: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  return Object.fromEntries(Object.entries(environment).filter(([name]) => !isPgVariable(name)));
}

/** Whether libpq and `pg` may read this variable; names such as PG_VERSION, with an underscore, belong to other programs. */
function isPgVariable(name: string): boolean {
  return /^PG(?!_)/i.test(name);
}

/** Constructs with the variables removed: `pg` reads the environment only in its synchronous constructor. */
function withoutPgVariables<T>(construct: () => T): T {
  const hidden = Object.entries(process.env).filter(([name]) => isPgVariable(name));
  for (const [name] of hidden) {
    Reflect.deleteProperty(process.env, name);
  }
  try {
    return construct();
  } finally {
    for (const [name, value] of hidden) {
      process.env[name] = value;
    }
  }
}
