import type { Socket } from "node:net";
import { TLSSocket } from "node:tls";
import { Client, type ClientBase, type ClientConfig, type DatabaseError } from "pg";
import { BOUNDS } from "./bounds";
import { SEARCH_PATH } from "./session";

/** What says where a connection goes, and who logs in. All of it has to be given: there are no defaults. */
export type ClientTarget = Required<
  Pick<ClientConfig, "host" | "port" | "database" | "user" | "ssl">
> & { readonly password: string };

export interface NewClientOptions {
  /** What the server shows in pg_stat_activity. */
  readonly applicationName?: string;
  readonly connectSeconds?: number;
  /** For how long the server may be silent while a query waits. */
  readonly answerSeconds?: number;
  /** Without an option in the startup packet: some poolers refuse every one there. */
  readonly isPlain?: boolean;
}

/** A server that was silent while a query waited for it. */
export class SilentServerError extends Error {
  public constructor(seconds: number) {
    super(`no answer within ${String(seconds)} s`);
  }
}

/** What broke a connection: later queries on it only say that it is broken. */
const BREAKS = new WeakMap<ClientBase, unknown>();

/** What broke this client's connection; undefined where nothing has. */
export function breakOf(client: ClientBase): unknown {
  return BREAKS.get(client);
}

/**
 * A client that is not yet connected. Nothing of the environment decides anything: no PG* variable and no password file
 * (libpq's rules, which `pg` follows wherever it is given nothing or an empty text). Nothing on it waits without an end:
 * {@link BOUNDS}.
 *
 * The search path is asked for in the startup packet already.
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
        // What does not wait for an answer is sent without one: runner/postgres/together.ts.
        pipeline: true,
        keepAlive: true,
        keepAliveInitialDelayMillis: BOUNDS.keepAliveSeconds * 1000,
        // A function, because an empty password would be looked up in the environment and in ~/.pgpass.
        password: () => password,
        ...(isPlain ? {} : { options: `-c search_path=${SEARCH_PATH.replaceAll(" ", "")}` }),
      }),
  );
  // A connection that breaks while nobody waits on it would otherwise end the process; the next query says it.
  client.on("error", (error) => {
    BREAKS.set(client, BREAKS.get(client) ?? error);
  });
  // The server's last word comes some time before the socket closes: what fails in between is known to be broken too.
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

/** What `pg` keeps to itself: its socket, which TLS replaces, the server's errors, whether a query waits for the server. */
interface Inside {
  readonly connection: {
    readonly stream: Socket;
    on(event: "errorMessage", listener: (error: DatabaseError) => void): void;
  };
  readonly readyForQuery: boolean;
}

/** How a connection is encrypted, and until when the server's certificate holds; undefined where it is not. */
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

/** From here on the connection is cut where a query waits and nothing has come from the server for so long. */
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

/** A server that answers nothing does not answer a goodbye either. */
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

/** The environment without libpq's variables: for a child that is told everything it needs. */
export function withoutPg(environment: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  return Object.fromEntries(Object.entries(environment).filter(([name]) => !isPgVariable(name)));
}

/** Variables that libpq and `pg` read. Those of a build or of a script (PGDATA, PG_VERSION) tell a client nothing. */
function isPgVariable(name: string): boolean {
  return /^PG(?!_)/i.test(name);
}

/** `pg` reads the environment in the constructor alone, which does not wait for anything. */
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
