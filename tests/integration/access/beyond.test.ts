import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { Client } from "pg";
import { applyDirective } from "../../../runner/actions/apply";
import { rollbackDirective } from "../../../runner/actions/rollback";
import { archiveDeviations, restrictArchives } from "../../../runner/catalog/archiveAccess";
import { mergeAccess } from "../../../runner/directive/accessMatrix";
import { verifyDatabase } from "../../../runner/drift/verify";
import { readHistory } from "../../../runner/history/history";
import type { AccessGrant } from "../../../runner/model";
import { withConnection } from "../../../runner/postgres/connection";
import { asRunner } from "../../support/asRunner";
import { applyRequest, type TestRequest } from "../../support/directive";
import { faultOf } from "../../support/faults";
import { MAJORS } from "../../support/majors";
import { serverOfFile } from "../../support/postgres";
import { bare, makeRoles, MATRIX, MEMBERS, open, outcome, PASSWORD, type Opened } from "./setting";

type Access = Pick<TestRequest, "access" | "matrices">;

const DOCUMENT = readFileSync(join(__dirname, "..", "..", "..", "docs", "access.md"), "utf8");

describe.each(MAJORS)("access beyond the matrix on PostgreSQL %i", (major) => {
  const server = serverOfFile({ major, logStatements: true });
  beforeAll(async () => {
    await makeRoles(server());
  });

  it("would let an agent approve through its own function if PUBLIC could create in public", async () => {
    const { admin, database } = await open(server(), "historic");
    const agent = await database.connect("test_v7_agent", PASSWORD);
    const architect = await database.connect("test_v7_architect", PASSWORD);
    await agent.query(
      "INSERT INTO v7_migration_workflow (phase_number, phase_name, lead_persona) VALUES (91, 'One', 'L8')",
    );
    const trap = `CREATE FUNCTION public.upper(varchar) RETURNS text LANGUAGE plpgsql AS $$
      BEGIN UPDATE v7_migration_workflow SET approved_by = 'The Architect'; RETURN pg_catalog.upper($1::text); END $$`;
    expect(await outcome(agent, trap)).toBe("42501");
    await admin.query("GRANT CREATE ON SCHEMA public TO PUBLIC");
    expect(await outcome(agent, trap)).toBe("");
    await architect.query(
      "SELECT upper(phase_name) FROM v7_migration_workflow WHERE phase_number = 91",
    );
    const { rows } = await admin.query(
      "SELECT approved_by FROM v7_migration_workflow WHERE phase_number = 91",
    );
    expect(rows).toStrictEqual([{ approved_by: "The Architect" }]);
  });

  it("is refused before anything runs when PUBLIC has it, with the REVOKE that removes it", async () => {
    const { admin, database } = await bare(server(), "historic");
    await admin.query(
      "GRANT CREATE ON SCHEMA public TO PUBLIC; GRANT UPDATE, DELETE ON file_audit TO PUBLIC",
    );
    const { code, message } = await faultOf(async () =>
      applyDirective(await applyRequest(database)),
    );
    expect(code).toBe("PRECHECK_FAILED");
    expect(message).toContain('REVOKE CREATE ON SCHEMA "public" FROM PUBLIC');
    expect(message).toContain(
      'table "public.file_audit", on which PUBLIC has DELETE, UPDATE. REVOKE DELETE, UPDATE ON TABLE "public"."file_audit" FROM PUBLIC',
    );
    await admin.query(
      "REVOKE CREATE ON SCHEMA public FROM PUBLIC; REVOKE UPDATE, DELETE ON file_audit FROM PUBLIC",
    );
    await applyDirective({ ...(await applyRequest(database)), members: MEMBERS });
  });

  it("is shown by the queries that docs/access.md gives", async () => {
    const { owner } = await open(server(), "historic");
    await owner.query(
      `CREATE FUNCTION exec_sql(text) RETURNS void LANGUAGE plpgsql SECURITY DEFINER AS 'BEGIN EXECUTE $1; END';
       CREATE FUNCTION exec_as_caller(text) RETURNS void LANGUAGE plpgsql AS 'BEGIN EXECUTE $1; END'`,
    );
    const queries = [...DOCUMENT.matchAll(/^ *```sql\n([^]*?)```/gm)].map(([, sql]) => sql ?? "");
    const [privileges = "", functions = ""] = queries;
    const { rows } = await owner.query<{ grantee: string }>(privileges);
    expect(rows.map(({ grantee }) => grantee)).toEqual(
      expect.arrayContaining(["anon", "authenticated", "service_role"]),
    );
    expect((await owner.query(functions)).rows).toStrictEqual([
      { function: "exec_sql(text)", owner: "postgres" },
    ]);
  });

  describe("when the matrix changes", () => {
    /** The matrix without what the test takes out of it. */
    const without = (isOut: (grant: AccessGrant) => boolean): Access =>
      accessOf(MATRIX.grants.filter((grant) => !isOut(grant)));

    const accessOf = (grants: readonly AccessGrant[]): Access => {
      const access = mergeAccess([{ ...MATRIX, grants }]);
      return { access, matrices: new Map([["ad_005", access]]) };
    };

    it("is revoked in the transaction that records the matrix: tables, columns, roles and logins", async () => {
      const opened = await open(server(), "historic");
      const { admin, owner, request } = opened;
      await admin.query(
        `GRANT SELECT ON v7_test_results TO test_stranger WITH GRANT OPTION;
         SET ROLE test_stranger; GRANT SELECT ON v7_test_results TO anon; RESET ROLE;
         GRANT SELECT ON v7_migration_workflow TO v7_reader WITH GRANT OPTION`,
      );
      const changed = without(
        ({ role, object, columns }) =>
          (role === "v7_reader" && object === "v7_test_results") ||
          (role === "v7_agent" && object === "v7_global_impacts" && columns !== undefined) ||
          (role === "v7_auditor" && object === "file_audit"),
      );
      const members = { ...request.members, v7_ci: [] };
      const place = server().serverLog().length;
      await applyDirective({ ...request, ...changed, members });
      const revoked = [
        ...server()
          .serverLog()
          .slice(place)
          .matchAll(/: REVOKE ([^\n]+)/g),
      ].map(([, text = ""]) => text.replaceAll('"', ""));
      const ofOthers = (texts: readonly string[]): readonly string[] =>
        texts.filter((text) => !text.includes("v7_global_impacts")).sort();
      const expected = [
        "GRANT OPTION FOR SELECT ON TABLE public.v7_migration_workflow FROM v7_reader CASCADE",
        "SELECT ON TABLE public.file_audit FROM v7_auditor CASCADE",
        "SELECT ON TABLE public.v7_test_results FROM anon CASCADE",
        "SELECT ON TABLE public.v7_test_results FROM test_stranger CASCADE",
        "SELECT ON TABLE public.v7_test_results FROM v7_reader CASCADE",
        "v7_ci FROM test_v7_ci",
      ];
      expect(ofOthers(revoked)).toStrictEqual(expected);
      const { differences } = await asRunner(owner, (client) =>
        verifyDatabase(client, { ...request, ...changed, members }),
      );
      expect(differences).toStrictEqual([]);
      const history = await withConnection(request.connection, readHistory);
      const recorded = (history.at(-1)?.details as { revoked: string[] }).revoked;
      expect(ofOthers(recorded.map((text) => text.replaceAll('"', "")))).toStrictEqual(expected);
      await owner.query("GRANT v7_ci TO test_v7_ci");
    });

    it("is revoked when a grant moves from a table to its columns, which takes effect at once", async () => {
      const { owner, request } = await open(server(), "historic");
      const changed = accessOf(
        MATRIX.grants.map((grant) =>
          grant.role === "v7_reader" && grant.object === "v7_test_results"
            ? { ...grant, objectType: "column" as const, columns: ["id", "test_type"] }
            : grant,
        ),
      );
      const reads = async (): Promise<unknown> =>
        (
          await owner.query(
            `SELECT has_table_privilege('v7_reader', 'v7_test_results', 'SELECT') AS whole,
                    has_column_privilege('v7_reader', 'v7_test_results', 'id', 'SELECT') AS part`,
          )
        ).rows[0];
      await applyDirective({ ...request, ...changed });
      expect(await reads()).toStrictEqual({ whole: false, part: true });
      await applyDirective(request);
      expect(await reads()).toStrictEqual({ whole: true, part: true });
    });

    it("is drift, and is not revoked, when no change of the matrix is pending", async () => {
      const { admin, owner, request } = await open(server(), "historic");
      await admin.query("GRANT SELECT ON v7_test_results TO anon");
      await applyDirective(request);
      expect(
        (await asRunner(owner, (client) => verifyDatabase(client, request))).differences,
      ).toHaveLength(1);
    });
  });

  describe("to the archives", () => {
    /** A database whose directive was rolled back with a row in it, so that it has an archive. */
    async function archived(): Promise<Opened & { auditor: Client; table: string }> {
      const opened = await open(server(), "historic");
      await opened.owner.query(
        "INSERT INTO v7_migration_workflow (phase_number, phase_name, lead_persona) VALUES (91, 'One', 'L8')",
      );
      // As a Supabase project's default privileges could be, once the schema exists.
      await opened.owner.query(
        "CREATE SCHEMA v7_archive; ALTER DEFAULT PRIVILEGES IN SCHEMA v7_archive GRANT ALL ON TABLES TO anon, PUBLIC",
      );
      const { archived: tables } = await rollbackDirective(opened.request);
      const of = tables.find(({ from }) => from === "public.v7_migration_workflow");
      const auditor = await opened.database.connect("test_v7_auditor", PASSWORD);
      return { ...opened, auditor, table: of?.to ?? "" };
    }

    it("allows only v7_auditor to read them", async () => {
      const { admin, auditor, database, table, owner } = await archived();
      expect(
        (await auditor.query(`SELECT phase_name FROM ${table} WHERE phase_number = 91`)).rows,
      ).toStrictEqual([{ phase_name: "One" }]);
      expect(await outcome(auditor, `DELETE FROM ${table}`)).toBe("42501");
      const architect = await database.connect("test_v7_architect", PASSWORD);
      expect(await outcome(architect, `SELECT FROM ${table}`)).toBe("42501");
      const { rows } = await admin.query(
        `SELECT DISTINCT a.grantee::regrole::text AS grantee, a.privilege_type AS privilege
           FROM pg_class c CROSS JOIN LATERAL aclexplode(c.relacl) a
          WHERE c.relnamespace = 'v7_archive'::regnamespace AND a.grantee <> c.relowner`,
      );
      expect(rows).toStrictEqual([{ grantee: "v7_auditor", privilege: "SELECT" }]);
      expect(await archiveDeviations(owner, ["v7_auditor"])).toEqual({});
    });

    it("is reported for each role that may do too much or too little, and is corrected", async () => {
      const { owner, table } = await archived();
      await owner.query(
        `GRANT SELECT ON ${table} TO anon; GRANT DELETE ON ${table} TO v7_auditor;
         REVOKE USAGE ON SCHEMA v7_archive FROM v7_auditor`,
      );
      expect(await archiveDeviations(owner, ["v7_auditor"])).toEqual({
        anon: [`SELECT on ${table}`],
        v7_auditor: [`DELETE on ${table}`, "no USAGE on v7_archive"],
      });
      await restrictArchives(owner, ["v7_auditor"]);
      expect(await archiveDeviations(owner, ["v7_auditor"])).toEqual({});
    });

    it("is granted again by the next apply when v7_auditor has lost it", async () => {
      const { owner, auditor, request, table } = await archived();
      await owner.query("REVOKE ALL ON ALL TABLES IN SCHEMA v7_archive FROM v7_auditor");
      await owner.query("REVOKE ALL ON SCHEMA v7_archive FROM v7_auditor");
      expect(await outcome(auditor, `SELECT FROM ${table}`)).toBe("42501");
      await applyDirective(request);
      expect(await outcome(auditor, `SELECT FROM ${table}`)).toBe("");
    });
  });
});
