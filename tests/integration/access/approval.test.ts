import type { Client } from "pg";
import { verifyDatabase } from "../../../runner/drift/verify";
import { asRunner } from "../../support/asRunner";
import { MAJORS } from "../../support/majors";
import { serverOfFile } from "../../support/postgres";
import { approvalAttempts } from "./approvalAttempts";
import { asRole, makeRoles, open, outcome, PASSWORD, type Opened } from "./setting";

const AMENDMENTS = [
  { title: "without optional amendments", amendments: [], copy: "57014" },
  {
    title: "with row level security",
    amendments: ["row_level_security", "dashboard_security_invoker"],
    // PostgreSQL refuses COPY FROM to roles that are subject to row level security.
    copy: "0A000",
  },
] as const;

describe.each(MAJORS)("approving on PostgreSQL %i", (major) => {
  const server = serverOfFile({ major });
  beforeAll(async () => {
    await makeRoles(server());
  });

  describe.each(AMENDMENTS)("$title", ({ amendments, copy }) => {
    let opened: Opened;
    let agent: Client;
    let architect: Client;
    beforeAll(async () => {
      opened = await open(
        server(),
        "historic",
        amendments.filter((id) => typeof id === "string"),
      );
      agent = await opened.database.connect("test_v7_agent", PASSWORD);
      architect = await opened.database.connect("test_v7_architect", PASSWORD);
      await agent.query(
        `INSERT INTO v7_migration_workflow (phase_number, phase_name, lead_persona) VALUES (1, 'One', 'L8');
         INSERT INTO v7_enum_migrations (current_enum_name, current_enum_values, v7_enum_name, v7_enum_values,
           affected_tables, affected_columns) VALUES ('a', '{x}', 'b', '{x}', '{t}', '{}');
         INSERT INTO v7_global_impacts (change_type, change_detail, affected_workflows, affected_layers,
           impact_description, risk_assessment) VALUES ('enum', '{}', '{WF1}', '{1}', 'd', 'low')`,
      );
    });

    it.each(["a login", "SET ROLE"] as const)(
      "is impossible for an agent, whatever it tries by %s",
      async (by) => {
        const before = await approvals(opened);
        const login = by === "a login" ? "test_v7_agent" : "v7_agent";
        for (const { way, statements, state } of approvalAttempts(login)) {
          const attempt = (client: Client) => inTransaction(client, statements);
          const found =
            by === "a login"
              ? await attempt(agent)
              : await asRole(opened.admin, "v7_agent", () => attempt(opened.admin)).catch(String);
          expect([way, found]).toStrictEqual([way, expectedState(by, way, state)]);
        }
        expect(await approvals(opened)).toStrictEqual(before);
        const { differences } = await asRunner(opened.owner, (client) =>
          verifyDatabase(client, opened.request),
        );
        expect(differences).toStrictEqual([]);
      },
    );

    it("is impossible for an agent whose sessions begin as the architect", async () => {
      await outcome(agent, "ALTER ROLE test_v7_agent SET role = 'v7_architect'");
      const again = await opened.database.connect("test_v7_agent", PASSWORD);
      expect(await outcome(again, "UPDATE v7_migration_workflow SET approved_by = 'me'")).toBe(
        "42501",
      );
      await opened.admin.query("ALTER ROLE test_v7_agent RESET ALL");
    });

    it.each(["test_v7_reader", "test_v7_auditor", "test_v7_ci", "test_stranger"])(
      "is impossible for %s",
      async (login) => {
        const client = await opened.database.connect(login, PASSWORD);
        for (const table of ["v7_migration_workflow", "v7_enum_migrations", "v7_global_impacts"]) {
          const column = table === "v7_global_impacts" ? "approval_status" : "approved_by";
          expect(await outcome(client, `UPDATE ${table} SET ${column} = 'me'`)).toBe("42501");
        }
      },
    );

    it("is not part of an agent's work, which is insert, update and upsert only", async () => {
      for (const statement of [
        "UPDATE v7_migration_workflow SET status = 'in_progress', updated_at = now() WHERE phase_number = 1",
        `INSERT INTO v7_migration_workflow (phase_number, phase_name, lead_persona) VALUES (1, 'First', 'L8')
         ON CONFLICT (phase_number) DO UPDATE SET phase_name = EXCLUDED.phase_name`,
        `INSERT INTO v7_subworkflow_tasks (parent_phase, task_number, task_name, responsible_persona)
         VALUES (1, 1, 'Task', 'L8') RETURNING id`,
        "UPDATE v7_subworkflow_tasks SET status = 'completed'",
        "UPDATE v7_enum_migrations SET status = 'implemented'",
        "UPDATE v7_global_impacts SET mitigation_strategy = 'none'",
        "INSERT INTO v7_test_results (test_type, component_tested, test_status) VALUES ('unit', 'x', 'pass')",
        "UPDATE file_audit SET v7_workflow_status = 'completed'",
        "SELECT * FROM v7_migration_dashboard",
      ]) {
        expect([statement, await outcome(agent, statement)]).toStrictEqual([statement, ""]);
      }
      expect(await outcome(agent, "UPDATE file_audit SET file_path = 'x'")).toBe("42501");
      expect(await outcome(agent, "DELETE FROM v7_test_results")).toBe("42501");
    });

    it("is possible for an architect by insert, update and upsert", async () => {
      for (const statement of [
        "UPDATE v7_migration_workflow SET approval_status = 'approved', approved_by = 'A', approval_notes = 'ok'",
        `INSERT INTO v7_migration_workflow (phase_number, phase_name, lead_persona, approved_by) VALUES (2, 'Two', 'L8', 'A')
         ON CONFLICT (phase_number) DO UPDATE SET approved_by = EXCLUDED.approved_by`,
        "UPDATE v7_enum_migrations SET approved_by = 'A'",
        "UPDATE v7_global_impacts SET approval_status = 'approved'",
      ]) {
        expect([statement, await outcome(architect, statement)]).toStrictEqual([statement, ""]);
      }
      // Past the check of privileges, the client has nothing to send.
      expect(await outcome(architect, "COPY v7_migration_workflow (approved_by) FROM STDIN")).toBe(
        copy,
      );
      expect(await outcome(architect, "DELETE FROM v7_migration_workflow")).toBe("42501");
    });
  });
});

/** Runs all in one transaction and rolls it back; gives the SQLSTATE of the statement that fails, which is the last. */
async function inTransaction(client: Client, statements: readonly string[]): Promise<string> {
  await client.query("BEGIN");
  const states: string[] = [];
  for (const statement of statements) {
    states.push(await outcome(client, statement));
  }
  await client.query("ROLLBACK");
  return states.join(" ").trim();
}

/** A superuser's session that took an agent's role may still take another; an agent's login may not. */
function expectedState(by: "a login" | "SET ROLE", way: string, state: string): string {
  const isSession = ["SET ROLE architect", "SET ROLE owner", "SET SESSION AUTHORIZATION"].includes(
    way,
  );
  return by === "SET ROLE" && isSession ? "" : state;
}

/** The values in every approval column. */
async function approvals({ admin }: Opened): Promise<unknown> {
  const { rows } = await admin.query<{ found: unknown }>(
    `SELECT jsonb_build_array(
       (SELECT jsonb_agg(jsonb_build_array(phase_number, approval_status, approved_by, approval_notes)) FROM v7_migration_workflow),
       (SELECT jsonb_agg(approved_by) FROM v7_enum_migrations),
       (SELECT jsonb_agg(approval_status) FROM v7_global_impacts)) AS found`,
  );
  return rows[0]?.found;
}
