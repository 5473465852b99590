import { randomBytes } from "node:crypto";
import { Client } from "pg";
import type { TestServer } from "./postgres";
import { textOf } from "./repository";

/** What somebody must know to use the login of docs/branches-external.md. */
export interface BranchesLogin {
  readonly user: string;
  readonly password: string;
  readonly template: string;
}

/** Makes a server one that branches share, with exactly the SQL of docs/branches-external.md, as its owner would. */
export async function prepareForBranches(server: TestServer): Promise<BranchesLogin> {
  const blocks = [
    ...textOf("docs/branches-external.md").matchAll(/^```sql\n-- in (\w+)\n([^`]*)^```/gm),
  ];
  for (const [, database = "", sql = ""] of blocks) {
    await asOwner(server, database, async (client) => {
      // One by one, as psql sends them: CREATE DATABASE must be alone in its query.
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
  const client = new Client({ host, port, user, password, database });
  client.on("error", () => undefined);
  await client.connect();
  try {
    return await use(client);
  } finally {
    await client.end();
  }
}
