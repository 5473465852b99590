import { Client, type ClientConfig } from "pg";

/** Uses a connection, to the URL that `npx v7 url` prints or to settings, and ends it. */
export async function withClient<T>(
  to: string | ClientConfig,
  use: (client: Client) => Promise<T>,
): Promise<T> {
  const config =
    typeof to === "string" ? { connectionString: to.replace("?sslmode=disable", "") } : to;
  const client = new Client(config);
  client.on("error", () => undefined);
  await client.connect();
  try {
    return await use(client);
  } finally {
    await client.end();
  }
}

/** Runs one query on a connection of its own, and returns its rows. */
export async function queryRows<T extends object>(
  to: string | ClientConfig,
  sql: string,
): Promise<T[]> {
  return await withClient(to, async (client) => (await client.query<T>(sql)).rows);
}
