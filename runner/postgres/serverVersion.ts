import type { ClientBase } from "pg";

/** The server's version, as `17.10`, asked of the server itself. */
export async function serverVersion(client: ClientBase): Promise<string> {
  const { rows } = await client.query<{ server_version: string }>("SHOW server_version");
  return rows[0]?.server_version ?? "";
}
