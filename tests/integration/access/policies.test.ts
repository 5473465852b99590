import type { Client } from "pg";
import { applyDirective } from "../../../runner/actions/apply";
import { rollbackDirective } from "../../../runner/actions/rollback";
import { compareSnapshots } from "../../../runner/catalog/compare";
import { definedObjects } from "../../../runner/catalog/definedObjects";
import { expectedSnapshot, takeSnapshot } from "../../../runner/catalog/snapshot";
import { verifyDatabase } from "../../../runner/drift/verify";
import { asRunner } from "../../support/asRunner";
import { applyRequest, SQL_FOLDER } from "../../support/directive";
import { faultOf } from "../../support/faults";
import { MAJORS } from "../../support/majors";
import { serverOfFile } from "../../support/postgres";
import { bare, GROUPS, makeRoles, MATRIX, open, outcome, PASSWORD, type Opened } from "./setting";

const BOTH = ["row_level_security", "dashboard_security_invoker"];
const TABLES = [
  "v7_enum_migrations",
  "v7_global_impacts",
  "v7_migration_workflow",
  "v7_subworkflow_tasks",
  "v7_test_results",
];

describe.each(MAJORS)("row level security on PostgreSQL %i", (major) => {
  const server = serverOfFile({ major });

  it("is refused before anything runs when the roles of its policies are missing", async () => {
    const { database } = await bare(server(), "historic");
    const request = await applyRequest(database, SQL_FOLDER, BOTH);
    const { code, message } = await faultOf(() => applyDirective(request));
    expect(code).toBe("PRECHECK_FAILED");
    expect(message).toContain(
      'no role "v7_agent", "v7_architect", "v7_auditor", "v7_reader", which policies or access.yaml name',
    );
  });

  describe("with the roles", () => {
    beforeAll(async () => {
      await makeRoles(server());
    });

    it("expects the same catalog as the amendments executed by hand leave", async () => {
      const { database, owner } = await bare(server(), "historic");
      const { steps } = await applyRequest(database, SQL_FOLDER, BOTH);
      for (const statement of steps.flatMap((step) => step.statements)) {
        await owner.query(statement.bytes.toString("utf8"));
      }
      const byHand = await asRunner(owner, (client) =>
        takeSnapshot(client, definedObjects(steps), database.owner),
      );
      expect(compareSnapshots(await expectedSnapshot(owner, steps), byHand)).toStrictEqual([]);
    });

    it("has a policy for exactly each privilege of the matrix", async () => {
      const { admin } = await open(server(), "historic", BOTH);
      const { rows } = await admin.query<{ policy: string }>(
        `SELECT DISTINCT c.relname || ' ' || role::regrole || ' '
                  || CASE polcmd WHEN 'r' THEN 'SELECT' WHEN 'a' THEN 'INSERT' WHEN 'w' THEN 'UPDATE' ELSE '?' END AS policy
           FROM pg_policy p JOIN pg_class c ON c.oid = p.polrelid CROSS JOIN LATERAL unnest(p.polroles) role`,
      );
      const granted = MATRIX.grants.flatMap(({ object = "", role, privileges }) =>
        TABLES.includes(object) ? privileges.map((one) => `${object} ${role} ${one}`) : [],
      );
      expect(rows.map(({ policy }) => policy).sort()).toStrictEqual([...new Set(granted)].sort());
    });

    it("is applied to a database that already has the directive, and is rolled back with it", async () => {
      const { database, owner, request } = await open(server(), "historic");
      const both = {
        ...(await applyRequest(database, SQL_FOLDER, BOTH)),
        members: request.members,
      };
      const { executed } = await applyDirective(both);
      expect(executed.map(({ step }) => step.id)).toStrictEqual(BOTH);
      expect(
        (await asRunner(owner, (client) => verifyDatabase(client, both))).differences,
      ).toStrictEqual([]);
      const { undone } = await rollbackDirective(both);
      expect(undone.filter((id) => BOTH.includes(id))).toStrictEqual([...BOTH].reverse());
    });

    describe("with both amendments", () => {
      let opened: Opened;
      let clients: Map<string, Client>;
      beforeAll(async () => {
        opened = await open(server(), "historic", BOTH);
        clients = new Map();
        for (const role of [...GROUPS, "stranger"]) {
          const login = role === "stranger" ? "test_stranger" : `test_${role}`;
          clients.set(role, await opened.database.connect(login, PASSWORD));
        }
        await opened.owner.query(
          `INSERT INTO v7_migration_workflow (phase_number, phase_name, lead_persona) VALUES (91, 'One', 'L8');
           INSERT INTO v7_subworkflow_tasks (parent_phase, task_number, task_name, responsible_persona) VALUES (91, 1, 'T', 'L8');
           INSERT INTO file_audit (file_path, v7_workflow_status) VALUES ('a.py', 'completed')`,
        );
      });

      const client = (role: string): Client => clients.get(role) ?? opened.admin;
      const dashboard = async (as: Client): Promise<unknown> =>
        (
          await as.query(
            "SELECT phase_number, total_tasks, migrated_files FROM v7_migration_dashboard WHERE phase_number = 91",
          )
        ).rows[0];
      const WHOLE = { phase_number: 91, total_tasks: "1", migrated_files: "1" };

      it.each(["v7_reader", "v7_agent", "v7_architect", "v7_auditor"])(
        "shows %s every row and the complete dashboard",
        async (role) => {
          expect(
            (await client(role).query("SELECT FROM v7_migration_workflow WHERE phase_number = 91"))
              .rowCount,
          ).toBe(1);
          expect(await dashboard(client(role))).toStrictEqual(WHOLE);
        },
      );

      it("shows the owner every row and the complete dashboard", async () => {
        expect(await dashboard(opened.owner)).toStrictEqual(WHOLE);
        expect(
          (await opened.owner.query("SELECT FROM v7_migration_workflow WHERE phase_number = 91"))
            .rowCount,
        ).toBe(1);
      });

      it("shows no row to somebody who is granted everything by mistake, and lets them change none", async () => {
        await opened.admin.query(
          `GRANT SELECT, INSERT, UPDATE, DELETE ON ${[...TABLES, "v7_migration_dashboard"].join(", ")} TO test_stranger, anon`,
        );
        const stranger = client("stranger");
        for (const table of TABLES) {
          expect((await stranger.query(`SELECT FROM ${table}`)).rowCount).toBe(0);
          expect((await stranger.query(`DELETE FROM ${table}`)).rowCount).toBe(0);
        }
        // file_audit is not theirs to read, and the dashboard runs with their rights.
        expect(
          await outcome(stranger, "SELECT FROM v7_migration_dashboard WHERE phase_number = 91"),
        ).toBe("42501");
        expect(
          await outcome(
            stranger,
            "INSERT INTO v7_test_results VALUES (DEFAULT, 'unit', 'x', 'x', 'pass')",
          ),
        ).toBe("42501");
        await opened.admin.query(
          `REVOKE ALL ON ${[...TABLES, "v7_migration_dashboard"].join(", ")} FROM test_stranger, anon`,
        );
      });

      it("refuses an agent's approved row even if INSERT on the table is granted by mistake", async () => {
        await opened.admin.query(
          "GRANT INSERT ON v7_migration_workflow, v7_enum_migrations, v7_global_impacts TO v7_agent",
        );
        const values =
          "(phase_number, phase_name, lead_persona, approved_by) VALUES (7, 'x', 'y', 'me')";
        expect(
          await outcome(client("v7_agent"), `INSERT INTO v7_migration_workflow ${values}`),
        ).toBe("42501");
        await opened.admin.query(
          "REVOKE INSERT ON v7_migration_workflow, v7_enum_migrations, v7_global_impacts FROM v7_agent",
        );
      });

      it("shows no file when file_audit has row level security without policies for our roles", async () => {
        await opened.owner.query("ALTER TABLE file_audit ENABLE ROW LEVEL SECURITY");
        expect(await dashboard(client("v7_reader"))).toStrictEqual({
          ...WHOLE,
          migrated_files: "0",
        });
        await opened.owner.query("ALTER TABLE file_audit DISABLE ROW LEVEL SECURITY");
      });
    });

    it("does not restrict the dashboard without its amendment: the view runs with its owner's rights", async () => {
      const { admin, owner, database } = await open(server(), "historic", ["row_level_security"]);
      await owner.query(
        "INSERT INTO v7_migration_workflow (phase_number, phase_name, lead_persona) VALUES (91, 'One', 'L8')",
      );
      await admin.query(
        "GRANT SELECT ON v7_migration_dashboard, v7_migration_workflow TO test_stranger",
      );
      const stranger = await database.connect("test_stranger", PASSWORD);
      expect(
        (await stranger.query("SELECT FROM v7_migration_workflow WHERE phase_number = 91"))
          .rowCount,
      ).toBe(0);
      expect(
        (await stranger.query("SELECT FROM v7_migration_dashboard WHERE phase_number = 91"))
          .rowCount,
      ).toBe(1);
    });
  });
});
