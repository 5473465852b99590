import { formatTable, type TableRow } from "../../runner/base/table";

/** The dashboard's columns with the view's names for them. */
const COLUMNS: Readonly<Record<string, string>> = {
  phase: "phase_number",
  name: "phase_name",
  status: "phase_status",
  lead: "lead_persona",
  tasks: "total_tasks",
  done: "completed_tasks",
  files: "migrated_files",
  enums: "enum_migrations",
  risk: "highest_risk",
};

/**
 * Reads the rows of the directive's view v7_migration_dashboard from each table once. The view itself joins tasks, files,
 * ENUM migrations and impacts without a join key, which takes hours on a real project.
 *
 * As in the view, `highest_risk` is the alphabetical maximum: "medium" is higher than "high".
 */
export const DASHBOARD = `SELECT w.phase_number, w.phase_name, w.status AS phase_status, w.lead_persona,
            coalesce(t.total, 0) AS total_tasks, coalesce(t.completed, 0) AS completed_tasks,
            f.migrated_files, e.enum_migrations, i.highest_risk
       FROM public.v7_migration_workflow w
       LEFT JOIN (SELECT parent_phase, count(*) AS total, count(*) FILTER (WHERE status = 'completed') AS completed
                    FROM public.v7_subworkflow_tasks GROUP BY 1) t ON t.parent_phase = w.phase_number
      CROSS JOIN (SELECT count(DISTINCT id) AS migrated_files FROM public.file_audit WHERE v7_workflow_status = 'completed') f
      CROSS JOIN (SELECT count(*) AS enum_migrations FROM public.v7_enum_migrations WHERE status <> 'proposed') e
      CROSS JOIN (SELECT max(risk_assessment) AS highest_risk FROM public.v7_global_impacts WHERE approval_status = 'approved') i
      ORDER BY 1`;

/** The dashboard for a terminal. */
export function formatDashboard(dashboard: readonly TableRow[]): string {
  const columns = Object.entries(COLUMNS);
  const rows = dashboard.map((row) =>
    Object.fromEntries(columns.map(([title, column]) => [title, row[column]])),
  );
  return formatTable(Object.keys(COLUMNS), rows);
}
