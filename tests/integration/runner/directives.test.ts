import { appendFileSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { applyDirective } from "../../../runner/actions/apply";
import { rollbackDirective } from "../../../runner/actions/rollback";
import { sha256 } from "../../../runner/base/sha256";
import type { CatalogObject } from "../../../runner/model";
import { withConnection } from "../../../runner/postgres/connection";
import { applied, applyRequest } from "../../support/directive";
import { driftOf, fingerprintNow } from "../../support/drift";
import { faultOf } from "../../support/faults";
import { serverOfFile, startTestServer } from "../../support/postgres";
import { relock } from "../../support/relock";
import { addDirective, copySqlFolder, removeCopies } from "../../support/sqlFolder";

const server = serverOfFile({ major: 17 }, removeCopies);

describe("several directives", () => {
  it("are recorded separately, and are refused by a checkout that lacks one of them", async () => {
    const database = await server().createDatabase({ shape: "supabase", unprotected: true });
    const first = await applyRequest(database);
    await applyDirective(first);
    const folder = copySqlFolder();
    const table =
      "CREATE TABLE v7_extra (id integer REFERENCES v7_migration_workflow (phase_number));\n";
    await addDirective(folder, "ad_006", table, [{ tag: "CREATE TABLE", added: MADE }]);
    const request = await applyRequest(database, folder);
    const { executed } = await applyDirective(request);
    expect(executed.map(({ step }) => `${step.directive} ${step.id}`)).toStrictEqual([
      "ad_006 section_1",
    ]);
    const client = await database.connect();
    const { rows } = await client.query(
      "SELECT directive, step_id FROM v7_control.history WHERE directive <> 'ad_005' ORDER BY position",
    );
    expect(rows).toStrictEqual([
      { directive: "all", step_id: "access" },
      { directive: "ad_006", step_id: "section_1" },
    ]);
    // A checkout without ad_006 reports it, and changes nothing.
    const drift = await driftOf(client, first);
    expect(drift).toContain(
      "unexpected: directive ad_006 (it has run here, and this checkout has no ad_006)",
    );
    expect(drift.filter((line) => line.includes(": history"))).toStrictEqual([]);
    for (const run of [applyDirective, rollbackDirective]) {
      await expect(run(first)).rejects.toThrow(
        /^HISTORY_CONFLICT: .*found no sql\/ad_006, expected every directive that has been applied/,
      );
    }
    // A directive without an inverse cannot be rolled back.
    await expect(rollbackDirective(request)).rejects.toThrow(/^(ROLLBACK_BLOCKED|VERIFY_FAILED)/);
  });

  it("are refused when a step that ran has other bytes now, with both digests and what differs", async () => {
    const { database } = await applied(server());
    for (const [edit, hint] of [
      ["\n-- A remark.\n", "only white space or comments differ"],
      [
        "\nALTER TABLE v7_migration_workflow ADD UNIQUE (phase_name);\n",
        "the statements themselves differ",
      ],
    ] as const) {
      const folder = copySqlFolder();
      const file = join(folder, "ad_005", "amendments", "phase_number_unique.sql");
      const before = sha256(readFileSync(file));
      appendFileSync(file, edit);
      const after = sha256(readFileSync(file));
      await relock(folder, "ad_005");
      const { message } = await faultOf(async () =>
        applyDirective(await applyRequest(database, folder)),
      );
      expect(message).toMatch(
        /^HISTORY_CONFLICT: comparing step "phase_number_unique" with the history/,
      );
      expect(message.split("\n")[1]).toBe(
        `  ad_005/phase_number_unique: ran ${before}, now ${after}: ${hint}`,
      );
    }
  });
});

describe("the session", () => {
  it("is pinned, so that no setting of login, database or server changes what the statements do", async () => {
    const hostile = await startTestServer({
      major: 17,
      settings: {
        search_path: "other, public",
        standard_conforming_strings: "off",
        default_transaction_isolation: "serializable",
        timezone: "Asia/Kathmandu",
        datestyle: "SQL, DMY",
        extra_float_digits: "-15",
        quote_all_identifiers: "on",
        row_security: "off",
        synchronous_commit: "off",
      },
    });
    try {
      const database = await hostile.createDatabase({ shape: "supabase", unprotected: true });
      const admin = await database.connect(hostile.superuser, hostile.superuserPassword);
      await admin.query(`
        CREATE SCHEMA other AUTHORIZATION postgres;
        CREATE TABLE other.file_audit (id integer);
        CREATE TABLE other.v7_migration_workflow (phase_number integer);
        CREATE ROLE somebody; GRANT somebody TO postgres;
        ALTER ROLE postgres SET role = 'somebody';
        ALTER ROLE postgres SET search_path = other;
        ALTER DATABASE ${database.name} SET client_encoding = 'LATIN1';
        ALTER DATABASE ${database.name} SET session_replication_role = replica;
        ALTER ROLE postgres SET lc_messages = 'C';
        ALTER ROLE postgres SET statement_timeout = '1ms';
        ALTER ROLE postgres SET exit_on_error = on;
        ALTER ROLE postgres SET restrict_nonsystem_relation_kind = 'view, foreign-table';
      `);
      const plain = await server().createDatabase({ shape: "supabase" });
      const plainRequest = await applyRequest(plain);
      await applyDirective(plainRequest);
      const request = { ...(await applyRequest(database)), lockTimeoutSeconds: 1 };
      await admin.query("BEGIN; LOCK TABLE public.file_audit IN ACCESS EXCLUSIVE MODE");
      await expect(applyDirective(request)).rejects.toThrow(/^LOCK_TIMEOUT/);
      await admin.query("ROLLBACK");
      await applyDirective(request);
      expect(await fingerprintNow(request)).toBe(await fingerprintNow(plainRequest));
      const { rows: committed } = await withConnection(request.connection, (client) =>
        client.query("SHOW synchronous_commit"),
      );
      expect(committed).toStrictEqual([{ synchronous_commit: "on" }]);
      const { undone, isAsBefore } = await rollbackDirective(request);
      expect([undone.length, isAsBefore]).toStrictEqual([13, true]);
      const { rows } = await admin.query(
        "SELECT count(*)::int AS tables FROM pg_class WHERE relnamespace = 'other'::regnamespace AND relkind = 'r'",
      );
      expect(rows).toStrictEqual([{ tables: 2 }]);
    } finally {
      await hostile.stop();
    }
  });
});

/** What ad_006's one statement does, written down by hand. */
const MADE: readonly CatalogObject[] = (() => {
  const table = { kind: "table", schema: "public", name: "v7_extra" };
  return [
    { id: table, properties: { owner: "postgres" } },
    { id: { kind: "column", name: "id", of: table }, properties: { type: "integer" } },
    {
      id: { kind: "constraint", name: "v7_extra_id_fkey", of: table },
      properties: {
        definition: "FOREIGN KEY (id) REFERENCES public.v7_migration_workflow(phase_number)",
      },
    },
  ];
})();
