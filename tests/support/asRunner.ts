import type { Client } from "pg";
import { SEARCH_PATH } from "../../runner/postgres/session";

/** Runs `use` on a test's own client with the search path that every session of the runner has, and gives the path back. */
export async function asRunner<T>(client: Client, use: (client: Client) => Promise<T>): Promise<T> {
  await client.query(`SET search_path = ${SEARCH_PATH}`);
  try {
    return await use(client);
  } finally {
    await client.query("RESET search_path");
  }
}
