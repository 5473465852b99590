import { DatabaseError, type Client } from "pg";
import type { ThrowawayServer } from "../embedded";
import { BOUNDS } from "../postgres/bounds";
import { newClient } from "../postgres/client";
import { connect } from "../postgres/connection";
import type { Bounds } from "./bounds";

/** The database in which a rehearsal rebuilds the target's database. */
export const REHEARSAL_DATABASE = "rehearsal";

export interface Login {
  readonly user: string;
  readonly password: string;
}

/** The throwaway server's superuser. Its statements may contain names of the target, but no expressions. */
export function superuserOf({ superuser, superuserPassword }: ThrowawayServer): Login {
  return { user: superuser, password: superuserPassword };
}

/** Opens a session with pg_catalog as its search path and a statement timeout. */
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

/** Opens the session that runs the plan: with the real run's settings, a statement timeout, and errors without values. */
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

/** SQLSTATE classes of errors about statements and names, which quote no values: 42 syntax and access, 2B and 55 objects in use. */
const ABOUT_STATEMENTS = /^(42|2B|55)/;

/** Removes from each error the texts that may quote a row's values or an expression; the SQLSTATE and the position stay. */
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
