import type { Connections } from "./connections";
import { withoutTransaction } from "./transaction";

/** Whether the server has a database of that name; asked in the provider's own database. */
export async function isDatabaseThere(
  connections: Connections,
  database: string,
): Promise<boolean> {
  const { databaseName } = connections.settings;
  if (database === databaseName) {
    return true;
  }
  const what = `looking for the database "${database}"`;
  return withoutTransaction(connections, databaseName, what, async (client) => {
    const { rowCount } = await client.query(
      "SELECT FROM pg_catalog.pg_database WHERE datname = $1",
      [database],
    );
    return rowCount === 1;
  });
}
