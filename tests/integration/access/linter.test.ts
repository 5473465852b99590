import type { Client } from "pg";
import { serverOfFile } from "../../support/postgres";
import { LINTS, type Lint } from "./lints";
import { makeRoles, open, type Opened } from "./setting";

/** The objects of V7 that the lint finds; file_audit and jobs are not V7's. */
async function findings(client: Client, { query }: Lint): Promise<string[]> {
  const { rows } = await client.query<{ object: string }>(query);
  return rows
    .map(({ object }) => object)
    .filter((name) => !/^public\.(file_audit|jobs)$/.test(name));
}

describe("Supabase's linter", () => {
  const server = serverOfFile({ major: 17 });
  beforeAll(async () => {
    await makeRoles(server());
  });

  describe.each([
    ["historic", []],
    ["historic", ["row_level_security", "dashboard_security_invoker"]],
    ["none", []],
    ["none", ["row_level_security", "dashboard_security_invoker"]],
  ] as const)("on a database with default privileges: %s, amendments: %s", (kind, amendments) => {
    let opened: Opened;
    beforeAll(async () => {
      opened = await open(server(), kind, amendments);
    });

    it.each(LINTS)("finds no object of V7: $name, $level", async (lint) => {
      expect(await findings(opened.admin, lint)).toStrictEqual([]);
    });

    it.each(LINTS)("finds an object that breaks the rule: $name", async (lint) => {
      await opened.owner.query("BEGIN");
      await opened.owner.query(lint.specimen);
      const found = await findings(opened.owner, lint);
      await opened.owner.query("ROLLBACK");
      expect(found).toStrictEqual(["public.specimen"]);
    });
  });

  it("in a stricter form finds five tables without row level security, and none with the amendment", async () => {
    const strict = (client: Client) =>
      client.query(
        "SELECT FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relkind = 'r' AND relname ~ '^v7_' AND NOT relrowsecurity",
      );
    const without = await open(server(), "historic");
    const withIt = await open(server(), "historic", ["row_level_security"]);
    expect((await strict(without.admin)).rowCount).toBe(5);
    expect((await strict(withIt.admin)).rowCount).toBe(0);
  });
});
