import { randomBytes } from "node:crypto";
import type { ClientBase } from "pg";
import { fault, messageOf, type Fault } from "../base/fault";
import type { ConnectionSettings } from "../model";
import { sessionFault } from "./sessionFault";
import { describeTarget } from "./target";
import { together } from "./together";

/** The port of Supabase's transaction pooler, where each statement may run in another session: locks and settings get lost. */
const TRANSACTION_POOLER_PORT = 6543;

/** How often both clients look. A pooler of two backends stays undetected only if its choice is the same 16 times by chance. */
const LOOKS = 8;

/** The setting that marks the first client's session. */
const MARK = "v7.session";

/** @throws SERVER_POOLER where the port is that of Supabase's transaction pooler */
export function refusePoolerPort(settings: ConnectionSettings): void {
  if (settings.port === TRANSACTION_POOLER_PORT) {
    throw poolerFault(settings, "port 6543, Supabase's transaction pooler");
  }
}

/**
 * Proves that a client has its own session: a setting that it makes is there each time it looks, and a second client never
 * sees the setting. With a transaction pooler, which gives a client another backend for each transaction, one of the two
 * fails. The function is called by its qualified name, because the search path is not set yet, and nothing harmful may stay
 * on a backend that other clients use.
 *
 * @param open opens the second client
 * @param isSuspect whether the announced process id indicates a pooler; then the second client must connect
 * @throws SERVER_POOLER, SERVER_LOST
 */
export async function proveSession<T extends ClientBase & { end(): Promise<void> }>(
  client: ClientBase,
  settings: ConnectionSettings,
  { open, isSuspect }: { readonly open: () => Promise<T>; readonly isSuspect: boolean },
): Promise<void> {
  const mark = randomBytes(8).toString("hex");
  const lost = (second: ClientBase) => async (error: unknown) => {
    throw await sessionFault(second, settings, error);
  };
  const opening = open().catch((error: unknown) => {
    if (isSuspect) {
      throw singleFault(settings, error);
    }
  });
  try {
    const [second] = await together([opening, client.query(`SET ${MARK} = '${mark}'`)]);
    // Alternately: a pooler that reuses the backend that was released last gives the same one to both clients.
    for (let look = 0; look < LOOKS; look++) {
      if ((await markOn(client)) !== mark) {
        throw poolerFault(settings, "one client on several backends: a transaction pooler");
      }
      if (second !== undefined && (await markOn(second).catch(lost(second))) === mark) {
        throw poolerFault(settings, "two clients that share one backend: a transaction pooler");
      }
    }
    await client.query(`RESET ${MARK}`);
  } finally {
    await (await opening.catch(() => undefined))?.end();
  }
}

async function markOn(client: ClientBase): Promise<string | null | undefined> {
  const { rows } = await client.query<{ mark: string | null }>(
    `SELECT pg_catalog.current_setting('${MARK}', true) AS mark`,
  );
  return rows[0]?.mark;
}

function poolerFault(settings: ConnectionSettings, found: string): Fault {
  return fault("SERVER_POOLER", {
    what: `connecting to ${describeTarget(settings)}`,
    found,
    expected: "a session of its own: the migration holds a session lock",
    remedy: "Use the session pooler (port 5432) or the direct connection",
  });
}

function singleFault(settings: ConnectionSettings, cause: unknown): Fault {
  return fault("SERVER_POOLER", {
    what: `connecting to ${describeTarget(settings)} a second time`,
    found: `a pooler that has no other connection to give: ${messageOf(cause)}`,
    expected: "two connections at once: a run needs them",
    remedy: "Give this login's pool at least two connections, or use the direct connection",
    cause,
  });
}
