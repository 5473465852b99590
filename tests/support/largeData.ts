import type { Client } from "pg";

/** Writes `others` rows to each table of V7, and `files` rows to file_audit, with values in the added columns. */
export async function writeLargeData(
  client: Client,
  { files, others }: { readonly files: number; readonly others: number },
): Promise<void> {
  const series = (count: number): string => `generate_series(1, ${String(count)}) n`;
  await client.query(
    `INSERT INTO v7_migration_workflow (phase_number, phase_name, lead_persona, status, deliverables)
     SELECT 1000 + n, 'Phase ' || n, 'Persona ' || n, 'in_progress', jsonb_build_object('n', n) FROM ${series(others)};
     INSERT INTO v7_enum_migrations (current_enum_name, current_enum_values, v7_enum_name, v7_enum_values, affected_tables, affected_columns)
     SELECT 'e' || n, '{a,"b c",NULL}', 'E' || n, '{A}', '{t}', '{"t": ["c"]}' FROM ${series(others)};
     INSERT INTO v7_global_impacts (change_type, change_detail, affected_workflows, affected_layers, impact_description, risk_assessment)
     SELECT 'enum', '{}', '{WF1}', '{1,2}', 'impact ' || n, 'high' FROM ${series(others)};
     INSERT INTO v7_subworkflow_tasks (parent_phase, task_number, task_name, responsible_persona)
     SELECT 1000 + n, n, 'task', 'p' FROM ${series(others)};
     INSERT INTO v7_test_results (test_type, component_tested, test_status)
     SELECT 'unit', n::text, 'pass' FROM ${series(others)};
     INSERT INTO file_audit (file_path, v7_target_name, v7_dependencies, v7_workflow_status)
     SELECT 'src/' || n, 'WF1_V7_L1_' || n, ARRAY['src/' || n], 'completed' FROM ${series(files)}`,
  );
}
