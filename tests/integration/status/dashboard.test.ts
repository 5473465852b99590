import { readProgress } from "../../../cli/status/progress";
import { carriedOut } from "../../support/drift";
import { MAJORS } from "../../support/majors";
import { serverOfFile } from "../../support/postgres";

describe.each(MAJORS)("the dashboard that status counts, on PostgreSQL %i,", (major) => {
  const server = serverOfFile({ major });

  it("equals the directive's view, row for row", async () => {
    const { database } = await carriedOut(server());
    const owner = await database.connect();
    await owner.query(`
      INSERT INTO v7_subworkflow_tasks (parent_phase, task_number, task_name, responsible_persona, status)
        VALUES (40, 2, 'a', 'p', 'completed'), (40, 3, 'b', 'p', NULL), (NULL, 9, 'of no phase', 'p', 'completed');
      INSERT INTO file_audit (file_path, v7_workflow_status) VALUES ('a', 'completed'), ('b', 'completed'), ('c', NULL);
      UPDATE v7_enum_migrations SET status = 'approved' WHERE id = (SELECT id FROM v7_enum_migrations LIMIT 1);
      INSERT INTO v7_enum_migrations (current_enum_name, current_enum_values, v7_enum_name, v7_enum_values, affected_tables, affected_columns, status)
        VALUES ('n', '{}', 'N', '{}', '{}', '{}', NULL);
      INSERT INTO v7_global_impacts (change_type, change_detail, affected_workflows, affected_layers, impact_description, risk_assessment, approval_status)
        SELECT 'enum', '{}', '{}', '{}', 'i', risk, 'approved' FROM unnest('{critical,medium,low}'::text[]) AS risk`);
    const { rows } = await owner.query("SELECT * FROM v7_migration_dashboard");
    expect(rows).toHaveLength(3);
    expect((await readProgress(owner))?.dashboard).toStrictEqual(rows);
    await owner.query("TRUNCATE v7_subworkflow_tasks, v7_enum_migrations, v7_global_impacts");
    const empty = await owner.query("SELECT * FROM v7_migration_dashboard");
    expect((await readProgress(owner))?.dashboard).toStrictEqual(empty.rows);
  });

  it("is read in time when the view, with ten million joined rows for a phase, is not", async () => {
    const { database } = await carriedOut(server());
    const owner = await database.connect();
    await owner.query(`
      INSERT INTO v7_subworkflow_tasks (parent_phase, task_number, task_name, responsible_persona)
        SELECT 40, 1000 + n, 'task', 'p' FROM generate_series(1, 100) n;
      INSERT INTO file_audit (file_path, v7_workflow_status) SELECT 'f' || n, 'completed' FROM generate_series(1, 1000) n;
      INSERT INTO v7_enum_migrations (current_enum_name, current_enum_values, v7_enum_name, v7_enum_values, affected_tables, affected_columns, status)
        SELECT 'n', '{}', 'N', '{}', '{}', '{}', 'approved' FROM generate_series(1, 10);
      INSERT INTO v7_global_impacts (change_type, change_detail, affected_workflows, affected_layers, impact_description, risk_assessment, approval_status)
        SELECT 'enum', '{}', '{}', '{}', 'i', 'high', 'approved' FROM generate_series(1, 10);
      SET statement_timeout = '3s'`);
    await expect(owner.query("SELECT * FROM v7_migration_dashboard")).rejects.toThrow(
      "canceling statement due to statement timeout",
    );
    const progress = await readProgress(owner);
    expect(progress?.dashboard.map(({ migrated_files: files }) => files)).toStrictEqual([
      "1000",
      "1000",
      "1000",
    ]);
    expect(progress?.phases.map(({ tasks }) => tasks)).toContain(101);
  });
});
