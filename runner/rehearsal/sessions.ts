import { DatabaseError, type Client } from "pg";
import type { ThrowawayServer } from "../embedded";
import { BOUNDS } from "../postgres/bounds";
import { newClient } from "../postgres/client";
import { connect } from "../postgres/connection";
import type { Bounds } from "./bounds";

/** The database in which a rehearsal rebuilds the target's, whatever that one is called. */
export const REHEARSAL_DATABASE = "rehearsal";

export interface Login {
  readonly user: string;
  readonly password: string;
}

/** The throwaway server's own superuser: its statements hold names of the target, and none of its expressions. */
export function superuserOf({ superuser, superuserPassword }: ThrowawayServer): Login {
  return { user: superuser, password: superuserPassword };
}

/** A session in which nothing but pg_catalog is searched, and no statement runs for longer than is allowed. */
export async function openSession(
  { host, port }: ThrowawayServer,
  login: Login,
  { statementSeconds }: Bounds,
  database = REHEARSAL_DATABASE,
): Promise<Client> {
  const client = newClient(
    { host, port, ...login, database, ssl: false },
    { answerSeconds: statementSeconds + BOUNDS.answerSeconds },
  );
  await client.connect();
  await limit(client, statementSeconds);
  return client;
}

/** The session that runs the plan: pinned as the real run's, bounded, and its errors quote no values. */
export async function openPlanSession(
  { host, port }: ThrowawayServer,
  login: Login,
  { statementSeconds }: Bounds,
): Promise<Client> {
  const client = await connect(
    { host, port, databaseName: REHEARSAL_DATABASE, ...login, sslMode: "disable" },
    { answerSeconds: statementSeconds + BOUNDS.answerSeconds },
  );
  await limit(client, statementSeconds);
  return withoutValues(client);
}

async function limit(client: Client, seconds: number): Promise<void> {
  await client.query(`SET statement_timeout = '${String(seconds)}s'`);
}

/** Errors about statements and names, which are the directive's own: 42 syntax and access, 2B and 55 objects in use. */
const ABOUT_STATEMENTS = /^(42|2B|55)/;

/** Takes from each error what may quote a row's values or an expression; the SQLSTATE and the place stay. */
function withoutValues(client: Client): Client {
  const query = client.query.bind(client) as unknown as (...args: unknown[]) => Promise<unknown>;
  const guarded = async (...args: unknown[]): Promise<unknown> => {
    try {
      return await query(...args);
    } catch (error) {
      throw error instanceof DatabaseError ? withoutText(error) : error;
    }
  };
  client.query = guarded as unknown as Client["query"];
  return client;
}

function withoutText(error: DatabaseError): DatabaseError {
  const isSafe = ABOUT_STATEMENTS.test(error.code ?? "");
  return Object.assign(error, {
    message: isSafe ? error.message : "an error whose text may quote values",
    hint: isSafe ? error.hint : undefined,
    detail: undefined,
    where: undefined,
    internalQuery: undefined,
  });
}
