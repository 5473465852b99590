import type { ClientBase } from "pg";

/** The server's version, such as `17.10`. */
export async function serverVersion(client: ClientBase): Promise<string> {
  const { rows } = await client.query<{ server_version: string }>("SHOW server_version");
  return rows[0]?.server_version ?? "";
}

const MAJORS = new WeakMap<ClientBase, Promise<number>>();

/** The server's major version, such as 17; queried once a session. */
export async function serverMajor(client: ClientBase): Promise<number> {
  const known =
    MAJORS.get(client) ?? serverVersion(client).then((version) => Number.parseInt(version, 10));
  MAJORS.set(client, known);
  return await known;
}
