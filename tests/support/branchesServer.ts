import { randomBytes } from "node:crypto";
import type { Client } from "pg";
import type { TestServer } from "./postgres";
import { textOf } from "./repository";
import { withClient } from "./withClient";

/** Settings that the login needs in addition to docs/branches-external.md. */
export interface BranchesLogin {
  readonly user: string;
  readonly password: string;
  readonly template: string;
}

/** Prepares a server that branches share, with the SQL of docs/branches-external.md. */
export async function prepareForBranches(server: TestServer): Promise<BranchesLogin> {
  const blocks = [
    ...textOf("docs/branches-external.md").matchAll(/^```sql\n-- in (\w+)\n([^`]*)^```/gm),
  ];
  for (const [, database = "", sql = ""] of blocks) {
    await asOwner(server, database, async (client) => {
      // One by one, as psql sends them: CREATE DATABASE must be alone in its message.
      for (const statement of sql.split(/;\n/).filter((one) => one.trim() !== "")) {
        await client.query(statement);
      }
    });
  }
  const login = {
    user: "v7_branches",
    password: randomBytes(12).toString("hex"),
    template: "template_v7",
  };
  await asOwner(server, "postgres", (client) =>
    client.query(`ALTER ROLE ${login.user} PASSWORD '${login.password}'`),
  );
  return login;
}

/** Runs as the server's superuser in that database. */
export async function asOwner<T>(
  server: TestServer,
  database: string,
  use: (client: Client) => Promise<T>,
): Promise<T> {
  const { host, port, superuser: user, superuserPassword: password } = server;
  return await withClient({ host, port, user, password, database }, use);
}
