import type { Mutation } from "./mutation";

/** Changes of tables and schemas, constraints and indexes. */
export const TABLES: readonly Mutation[] = [
  {
    what: "a table dropped",
    sql: "DROP TABLE v7_test_results",
    found: "missing: table public.v7_test_results",
    everywhere: true,
  },
  {
    what: "a table dropped by CASCADE",
    sql: "DROP TABLE v7_global_impacts CASCADE",
    found: "missing: table public.v7_global_impacts",
  },
  {
    what: "a table moved to another schema",
    sql: "ALTER TABLE v7_test_results SET SCHEMA extensions",
    found: "missing: table public.v7_test_results",
  },
  {
    what: "a table's owner changed",
    sql: "ALTER TABLE v7_test_results OWNER TO supabase_admin",
    found: "changed: table public.v7_test_results (owner: <owner> -> supabase_admin)",
    by: "superuser",
    everywhere: true,
  },
  {
    what: "a table made unlogged",
    sql: "ALTER TABLE v7_test_results SET UNLOGGED",
    found: "changed: table public.v7_test_results (persistence: nothing -> unlogged)",
  },
  {
    what: "row security switched on",
    sql: "ALTER TABLE v7_test_results ENABLE ROW LEVEL SECURITY",
    found: "changed: table public.v7_test_results (rowSecurity: nothing -> true)",
    everywhere: true,
  },
  {
    what: "row security forced",
    sql: "ALTER TABLE v7_test_results FORCE ROW LEVEL SECURITY",
    found: "changed: table public.v7_test_results (forceRowSecurity: nothing -> true)",
  },
  {
    what: "a policy added",
    sql: "CREATE POLICY p ON v7_test_results FOR SELECT TO anon USING (true)",
    found: "unexpected: policy public.v7_test_results.p",
  },
  {
    what: "an option of a table",
    sql: "ALTER TABLE v7_test_results SET (fillfactor = 50)",
    found: "changed: table public.v7_test_results (options: ",
  },
  {
    what: "a comment on a table",
    sql: "COMMENT ON TABLE v7_test_results IS 'mine'",
    found: "changed: table public.v7_test_results (comment: nothing -> mine)",
  },
  {
    what: "the history's comment taken away",
    sql: "COMMENT ON TABLE v7_control.history IS NULL",
    found: "changed: table v7_control.history (comment: ",
  },
  {
    what: "a table that inherits",
    sql: "CREATE TABLE heir () INHERITS (v7_test_results)",
    found: "changed: table public.v7_test_results (children: ",
    by: "superuser",
  },
  {
    what: "another replica identity",
    sql: "ALTER TABLE v7_test_results REPLICA IDENTITY FULL",
    found: "changed: table public.v7_test_results (replicaIdentity: nothing -> full)",
  },
  {
    what: "a table put into a publication",
    sql: "CREATE PUBLICATION leak FOR TABLE v7_test_results",
    found: "unexpected: publication leak of public.v7_test_results",
    by: "superuser",
  },
  {
    what: "a publication of the runner's schema",
    sql: "CREATE PUBLICATION leak FOR TABLES IN SCHEMA v7_control",
    found: "unexpected: publication leak of schema v7_control",
    by: "superuser",
    everywhere: true,
  },
  {
    what: "a publication of the directive's tables by their schema",
    sql: "CREATE PUBLICATION leak FOR TABLES IN SCHEMA public",
    found: "unexpected: publication leak of schema public",
    by: "superuser",
  },
  {
    what: "extended statistics on a table",
    sql: "CREATE STATISTICS s ON test_type, test_status FROM v7_test_results",
    found: "unexpected: statistics public.s on public.v7_test_results",
  },
  {
    what: "the runner's schema given to another",
    sql: "ALTER SCHEMA v7_control OWNER TO supabase_admin",
    found: "changed: schema v7_control (owner: <owner> -> supabase_admin)",
    by: "superuser",
  },
  {
    what: "a comment on the runner's schema",
    sql: "COMMENT ON SCHEMA v7_control IS 'x'",
    found: "changed: schema v7_control (comment: ",
  },
  {
    what: "a table in the runner's schema",
    sql: "CREATE TABLE v7_control.notes (x text)",
    found: "unexpected: table v7_control.notes",
    everywhere: true,
  },
];

export const CONSTRAINTS: readonly Mutation[] = [
  {
    what: "a check dropped",
    sql: "ALTER TABLE v7_migration_workflow DROP CONSTRAINT phase_status_check",
    found: "missing: constraint public.v7_migration_workflow.phase_status_check",
    everywhere: true,
  },
  {
    what: "a check loosened",
    sql: "ALTER TABLE v7_migration_workflow DROP CONSTRAINT phase_status_check, ADD CONSTRAINT phase_status_check CHECK (status <> '')",
    found: "changed: constraint public.v7_migration_workflow.phase_status_check (definition: ",
  },
  {
    what: "a check made NOT VALID",
    sql: "ALTER TABLE v7_enum_migrations DROP CONSTRAINT status_check, ADD CONSTRAINT status_check CHECK (status IN ('proposed', 'approved', 'implemented', 'validated', 'retired', 'rolled_back')) NOT VALID",
    found: "changed: constraint public.v7_enum_migrations.status_check (definition: ",
    everywhere: true,
  },
  {
    what: "a constraint renamed",
    sql: "ALTER TABLE v7_enum_migrations RENAME CONSTRAINT status_check TO other",
    found: "missing: constraint public.v7_enum_migrations.status_check",
  },
  {
    what: "a unique constraint renamed, its index with it",
    sql: "ALTER TABLE v7_subworkflow_tasks RENAME CONSTRAINT v7_subworkflow_tasks_parent_phase_task_number_key TO other",
    found:
      "missing: constraint public.v7_subworkflow_tasks.v7_subworkflow_tasks_parent_phase_task_number_key",
  },
  {
    what: "a unique constraint dropped",
    sql: "ALTER TABLE v7_subworkflow_tasks DROP CONSTRAINT v7_subworkflow_tasks_parent_phase_task_number_key",
    found:
      "missing: constraint public.v7_subworkflow_tasks.v7_subworkflow_tasks_parent_phase_task_number_key",
  },
  {
    what: "a primary key dropped",
    sql: "ALTER TABLE v7_test_results DROP CONSTRAINT v7_test_results_pkey",
    found: "missing: constraint public.v7_test_results.v7_test_results_pkey",
  },
  {
    what: "the amendment's unique phase number dropped, the foreign key with it",
    sql: "ALTER TABLE v7_migration_workflow DROP CONSTRAINT v7_migration_workflow_phase_number_key CASCADE",
    found: "missing: constraint public.v7_subworkflow_tasks.v7_subworkflow_tasks_parent_phase_fkey",
    everywhere: true,
  },
  {
    what: "a foreign key that deletes",
    sql: "ALTER TABLE v7_subworkflow_tasks DROP CONSTRAINT v7_subworkflow_tasks_parent_phase_fkey, ADD CONSTRAINT v7_subworkflow_tasks_parent_phase_fkey FOREIGN KEY (parent_phase) REFERENCES v7_migration_workflow (phase_number) ON DELETE CASCADE",
    found:
      "changed: constraint public.v7_subworkflow_tasks.v7_subworkflow_tasks_parent_phase_fkey (definition: ",
  },
  {
    what: "a foreign key's triggers switched off",
    sql: "ALTER TABLE v7_subworkflow_tasks DISABLE TRIGGER ALL",
    found:
      "changed: constraint public.v7_subworkflow_tasks.v7_subworkflow_tasks_parent_phase_fkey (unenforced: nothing -> true)",
  },
  {
    what: "a constraint made deferrable",
    sql: "ALTER TABLE v7_subworkflow_tasks ALTER CONSTRAINT v7_subworkflow_tasks_parent_phase_fkey DEFERRABLE",
    found:
      "changed: constraint public.v7_subworkflow_tasks.v7_subworkflow_tasks_parent_phase_fkey (definition: ",
  },
  {
    what: "a check added",
    sql: "ALTER TABLE v7_test_results ADD CHECK (test_type <> 'x')",
    found: "unexpected: constraint public.v7_test_results.v7_test_results_test_type_check",
  },
  {
    what: "a check added on one of the twelve columns",
    sql: "ALTER TABLE file_audit ADD CONSTRAINT score CHECK (v7_impact_score < 10)",
    found: "unexpected: constraint public.file_audit.score",
  },
  {
    what: "a cast in a check that a dump does not write",
    sql: "ALTER TABLE v7_enum_migrations DROP CONSTRAINT status_check, ADD CONSTRAINT status_check CHECK (status IN ('proposed', 'approved', 'implemented', 'validated', 'retired', 'rolled_back') AND (status::text || 'x'::varchar::text) IS NOT NULL)",
    found: "changed: constraint public.v7_enum_migrations.status_check (definition: ",
    everywhere: true,
  },
  {
    what: "an exclusion over an expression of the twelve columns",
    sql: "ALTER TABLE file_audit ADD CONSTRAINT apart EXCLUDE (lower(v7_target_name) WITH =)",
    found: "unexpected: constraint public.file_audit.apart",
  },
  {
    what: "a comment on a constraint",
    sql: "COMMENT ON CONSTRAINT status_check ON v7_enum_migrations IS 'x'",
    found: "changed: constraint public.v7_enum_migrations.status_check (comment: nothing -> x)",
  },
];

export const INDEXES: readonly Mutation[] = [
  {
    what: "an index dropped",
    sql: "DROP INDEX idx_test_results_status",
    found: "missing: index public.idx_test_results_status",
    everywhere: true,
  },
  {
    what: "the index on file_audit dropped",
    sql: "DROP INDEX idx_file_audit_v7_status",
    found: "missing: index public.idx_file_audit_v7_status",
  },
  {
    what: "an index made partial",
    sql: "DROP INDEX idx_test_results_status; CREATE INDEX idx_test_results_status ON v7_test_results (test_status) WHERE test_status = 'fail'",
    found: "changed: index public.idx_test_results_status (definition: ",
  },
  {
    what: "an index invalid",
    sql: "UPDATE pg_index SET indisvalid = false WHERE indexrelid = 'idx_test_results_status'::regclass",
    found: "changed: index public.idx_test_results_status (invalid: nothing -> true)",
    everywhere: true,
  },
  {
    what: "an index of another method",
    sql: "DROP INDEX idx_test_results_status; CREATE INDEX idx_test_results_status ON v7_test_results USING hash (test_status)",
    found: "changed: index public.idx_test_results_status (definition: ",
  },
  {
    what: "an index of another column",
    sql: "DROP INDEX idx_test_results_status; CREATE INDEX idx_test_results_status ON v7_test_results (test_type)",
    found: "changed: index public.idx_test_results_status (definition: ",
  },
  {
    what: "an index renamed",
    sql: "ALTER INDEX idx_test_results_status RENAME TO other",
    found: "missing: index public.idx_test_results_status",
  },
  {
    what: "an index added",
    sql: "CREATE INDEX extra ON v7_test_results (tested_by)",
    found: "unexpected: index public.extra",
  },
  {
    what: "a unique index on one of the twelve columns",
    sql: "CREATE UNIQUE INDEX one_name ON file_audit (v7_target_name)",
    found: "unexpected: index public.one_name",
  },
  {
    what: "a unique index on an expression of the twelve columns",
    sql: "CREATE UNIQUE INDEX one_name ON file_audit (lower(v7_target_name))",
    found: "unexpected: index public.one_name",
    everywhere: true,
  },
  {
    what: "a unique index with the twelve columns in its condition alone",
    sql: "CREATE UNIQUE INDEX one_path ON file_audit (file_path) WHERE v7_impact_score > 3",
    found: "unexpected: index public.one_path",
  },
  {
    what: "an index on an expression of the twelve columns, which can refuse a row",
    sql: "CREATE INDEX inverse ON file_audit ((1 / v7_impact_score))",
    found: "unexpected: index public.inverse",
    everywhere: true,
  },
  {
    what: "a table clustered by an index",
    sql: "CLUSTER v7_test_results USING idx_test_results_status",
    found: "changed: index public.idx_test_results_status (clustered: nothing -> true)",
  },
];

/** What somebody makes on file_audit, a table of others, out of the columns that are ours. */
export const MENTIONS: readonly Mutation[] = [
  {
    what: "a column computed from one of the twelve",
    sql: "ALTER TABLE file_audit ADD COLUMN twice integer GENERATED ALWAYS AS (v7_impact_score * 2) STORED",
    found: "unexpected: column public.file_audit.twice",
    everywhere: true,
  },
  {
    what: "a policy on file_audit that asks for one of the twelve",
    sql: "CREATE POLICY done ON file_audit USING (v7_workflow_status = 'completed')",
    found: "unexpected: policy public.file_audit.done",
    everywhere: true,
  },
  {
    what: "a trigger on file_audit with one of the twelve in its WHEN",
    sql: "CREATE FUNCTION nothing() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NULL; END'; CREATE TRIGGER t BEFORE UPDATE ON file_audit FOR EACH ROW WHEN (NEW.v7_impact_score > 3) EXECUTE FUNCTION nothing()",
    found: "unexpected: trigger public.file_audit.t",
    everywhere: true,
  },
  {
    what: "a trigger on the update of one of the twelve",
    sql: "CREATE FUNCTION nothing() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NULL; END'; CREATE TRIGGER t BEFORE UPDATE OF v7_impact_score ON file_audit FOR EACH ROW EXECUTE FUNCTION nothing()",
    found: "unexpected: trigger public.file_audit.t",
  },
  {
    what: "a rule on file_audit that asks for one of the twelve",
    sql: "CREATE RULE r AS ON UPDATE TO file_audit WHERE OLD.v7_impact_score > 3 DO INSTEAD NOTHING",
    found: "unexpected: rule public.file_audit.r",
    everywhere: true,
  },
  {
    what: "extended statistics on the twelve columns",
    sql: "CREATE STATISTICS s ON v7_target_name, v7_impact_score FROM file_audit",
    found: "unexpected: statistics public.s on public.file_audit",
  },
];
