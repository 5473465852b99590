import { spawnSync } from "node:child_process";
import { join } from "node:path";
import type { Client } from "pg";
import { visible } from "../../../runner/base/visible";
import { findDrift } from "../../../runner/drift/findDrift";
import type { VerifyRequest } from "../../../runner/drift/verify";
import { addressFlags } from "../../support/addressFlags";
import { asRunner } from "../../support/asRunner";
import { carriedOut } from "../../support/drift";
import { MAJORS } from "../../support/majors";
import { serverOfFile, type TestDatabase } from "../../support/postgres";
import { ROOT } from "../../support/repository";

// The command is a process of its own, compiled as it starts.
jest.setTimeout(120_000);

/** A name that clears a screen, turns the reading direction, is a broken pattern and ends a table's cell. */
const HOSTILE = "status(\u001b[2J\u202e|\u200b`";

/** A name with lines that a GitHub workflow takes for commands, and one that ends a fence. */
const COMMANDS = "x\n::error::planted\n ::stop-commands::x\n##[error]planted\n```\n# Approved";

describe.each(MAJORS)("a hostile name on PostgreSQL %i", (major) => {
  const server = serverOfFile({ major });
  let database: TestDatabase;
  let client: Client;
  let request: VerifyRequest;

  beforeAll(async () => {
    ({ database, request } = await carriedOut(server()));
    client = await database.connect(server().superuser);
  });

  const changed = async <T>(sql: string, look: () => Promise<T>): Promise<T> => {
    await client.query("BEGIN");
    try {
      await client.query(sql);
      return await look();
    } finally {
      await client.query("ROLLBACK");
    }
  };

  it.each(["status(", "[a-", "$&", "\\", HOSTILE])(
    "of a renamed column is found, and its repair is left to a person: %j",
    async (name) => {
      const quoted = `"${name}"`;
      const sql = `ALTER TABLE v7_test_results RENAME COLUMN test_status TO ${quoted}`;
      await changed(sql, async () => {
        const { findings } = await asRunner(client, (one) => findDrift(one, request));
        expect(new Set(findings.map(({ repair }) => repair.how))).toEqual(new Set(["manual"]));
        const missing = findings.find(({ kind }) => kind === "missing");
        expect(missing?.repair.note).toContain(`"${name}" instead`);
      });
    },
  );

  it("cannot move the cursor, hide text or give a workflow commands in what npx v7 drift prints", async () => {
    await client.query(`
      ALTER TABLE v7_test_results ADD COLUMN "${HOSTILE}" text DEFAULT '\u009b\u2066';
      CREATE INDEX "${HOSTILE}i" ON v7_test_results ("${HOSTILE}");
      COMMENT ON COLUMN v7_test_results.test_type IS '${HOSTILE}\r\u0007';
      ALTER TABLE v7_test_results ADD COLUMN "${COMMANDS}" text`);
    for (const form of [[], ["--sarif"]]) {
      const { status, stdout, stderr } = spawnSync(
        process.execPath,
        [
          ...[join(ROOT, "cli", "v7.cjs"), "drift", "--stack", "prod"],
          ...addressFlags(server(), database.name),
          ...form,
        ],
        {
          encoding: "utf8",
          env: {
            PATH: "/nowhere",
            HOME: "/nowhere",
            GITHUB_ACTIONS: "true",
            PGUSER: server().superuser,
            PGPASSWORD: server().superuserPassword,
          },
        },
      );
      expect({ status, stderr }).toEqual({ status: 2, stderr: "" });
      expect(stdout).toContain("202");
      expect(visible(stdout)).toBe(stdout);
      expect(stdout).toContain("error::planted");
      expect(stdout).not.toMatch(/^\s*::|##\[|^\s*```/m);
    }
  });
});
