import { randomBytes } from "node:crypto";
import { DatabaseError, type ClientBase } from "pg";
import { fault, messageOf, type Fault } from "../base/fault";
import type { ConnectionSettings } from "../model";
import { describeTarget } from "./target";
import { together } from "./together";

/** Supabase's transaction pooler. On it every statement may run in another session: locks and settings do not hold. */
const TRANSACTION_POOLER_PORT = 6543;

/** So many that chance does not hide a pooler: of two backends one would have to be hit 16 times as it suits. */
const LOOKS = 8;

/** The setting that only one session of ours has. */
const MARK = "v7.session";

/** @throws SERVER_POOLER where the port alone says it */
export function refusePoolerPort(settings: ConnectionSettings): void {
  if (settings.port === TRANSACTION_POOLER_PORT) {
    throw poolerFault(settings, "port 6543, Supabase's transaction pooler");
  }
}

/**
 * Proves that a client has one session to itself: a setting that it announces is there at every look, and another client
 * never sees it. A transaction pooler, which lends a backend for one transaction, fails the one or the other, whichever
 * backend it lends next. Utility statements alone, so that it comes before the search path is set, and leaves nothing on
 * a stranger's backend that could matter there.
 *
 * @param open a second client
 * @param isSuspect whether something hints at a pooler: then there has to be a second client
 * @throws SERVER_POOLER
 */
export async function proveSession<T extends ClientBase & { end(): Promise<void> }>(
  client: ClientBase,
  settings: ConnectionSettings,
  { open, isSuspect }: { readonly open: () => Promise<T>; readonly isSuspect: boolean },
): Promise<void> {
  const mark = randomBytes(8).toString("hex");
  const opening = open().catch((error: unknown) => {
    if (isSuspect) {
      throw singleFault(settings, error);
    }
  });
  try {
    const [second] = await together([opening, client.query(`SET ${MARK} = '${mark}'`)]);
    // In turns: a pooler that lends the backend that came back last gives the one to both.
    for (let look = 0; look < LOOKS; look++) {
      if ((await markOn(client)) !== mark) {
        throw poolerFault(settings, "one client on several backends: a transaction pooler");
      }
      if (second !== undefined && (await markOn(second)) === mark) {
        throw poolerFault(settings, "two clients that share one backend: a transaction pooler");
      }
    }
    await client.query(`RESET ${MARK}`);
  } finally {
    await (await opening.catch(() => undefined))?.end();
  }
}

async function markOn(client: ClientBase): Promise<string | undefined> {
  try {
    const { rows } = await client.query<Record<string, string>>(`SHOW ${MARK}`);
    return rows[0]?.[MARK];
  } catch (error) {
    if (error instanceof DatabaseError && error.code === "42704") {
      return undefined;
    }
    throw error;
  }
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
