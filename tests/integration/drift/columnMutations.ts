import type { Mutation } from "./mutation";

const TWELVE = [
  "workflow_status",
  "target_name",
  "database_enums",
  "enum_mappings",
  "dependencies",
  "dependents",
  "impact_score",
  "review_status",
  "reviewed_by",
  "implementation_status",
  "test_status",
  "retirement_date",
];

/** Changes of columns. */
export const COLUMNS: readonly Mutation[] = [
  {
    what: "a column dropped from the end",
    sql: "ALTER TABLE v7_test_results DROP COLUMN notes",
    found: "missing: column public.v7_test_results.notes",
    everywhere: true,
  },
  {
    what: "a column dropped from the middle",
    sql: "ALTER TABLE v7_test_results DROP COLUMN error_details",
    found: "missing: column public.v7_test_results.error_details",
    everywhere: true,
    left: true,
  },
  {
    what: "a column dropped that a table and the view need",
    sql: "ALTER TABLE v7_migration_workflow DROP COLUMN lead_persona CASCADE; ALTER TABLE v7_migration_workflow ADD COLUMN lead_persona varchar(100) NOT NULL DEFAULT 'x'",
    found: "changed: column order public.v7_migration_workflow",
    left: true,
  },
  {
    what: "one of the twelve columns dropped",
    sql: "ALTER TABLE file_audit DROP COLUMN v7_retirement_date",
    found: "missing: column public.file_audit.v7_retirement_date",
    everywhere: true,
  },
  {
    what: "two of the twelve columns dropped from their end",
    sql: "ALTER TABLE file_audit DROP COLUMN v7_test_status, DROP COLUMN v7_retirement_date",
    found: "missing: column public.file_audit.v7_test_status",
    everywhere: true,
  },
  {
    what: "all of the twelve columns dropped, the view with them",
    sql: `DROP VIEW v7_migration_dashboard; ALTER TABLE file_audit ${TWELVE.map((name) => `DROP COLUMN v7_${name}`).join(", ")}`,
    found: "missing: column public.file_audit.v7_workflow_status",
  },
  {
    what: "one of the twelve columns dropped from their middle",
    sql: "ALTER TABLE file_audit DROP COLUMN v7_dependents",
    found: "missing: column public.file_audit.v7_dependents",
    left: true,
  },
  {
    what: "the indexed one of the twelve dropped, the view with it",
    sql: "ALTER TABLE file_audit DROP COLUMN v7_workflow_status CASCADE",
    found: "missing: column public.file_audit.v7_workflow_status",
    left: true,
  },
  {
    what: "columns reordered by re-creation",
    sql: "ALTER TABLE v7_test_results RENAME COLUMN v7_file_path TO old; ALTER TABLE v7_test_results ADD COLUMN v7_file_path varchar(500); UPDATE v7_test_results SET v7_file_path = old; ALTER TABLE v7_test_results DROP COLUMN old",
    found: "changed: column order public.v7_test_results",
    everywhere: true,
    left: true,
  },
  {
    what: "a column renamed",
    sql: "ALTER TABLE v7_test_results RENAME COLUMN notes TO remarks",
    found: "missing: column public.v7_test_results.notes",
    left: true,
  },
  {
    what: "a column renamed that a check, an index and the view use",
    sql: "ALTER TABLE v7_migration_workflow RENAME COLUMN status TO state",
    found: "missing: column public.v7_migration_workflow.status",
    left: true,
  },
  {
    what: "a column added",
    sql: "ALTER TABLE v7_test_results ADD COLUMN secret text",
    found: "unexpected: column public.v7_test_results.secret",
    everywhere: true,
  },
  {
    what: "a column retyped to a wider one",
    sql: "ALTER TABLE v7_test_results ALTER COLUMN v7_file_path TYPE text",
    found:
      "changed: column public.v7_test_results.v7_file_path (type: character varying(500) -> text)",
    everywhere: true,
  },
  {
    what: "a column retyped to a narrower one",
    sql: "ALTER TABLE v7_test_results ALTER COLUMN notes TYPE varchar(10)",
    found: "changed: column public.v7_test_results.notes (type: text -> character varying(10))",
  },
  {
    what: "an integer widened",
    sql: "ALTER TABLE file_audit ALTER COLUMN v7_impact_score TYPE bigint",
    found: "changed: column public.file_audit.v7_impact_score (type: integer -> bigint)",
  },
  {
    what: "jsonb made text",
    sql: "ALTER TABLE v7_test_results ALTER COLUMN performance_metrics TYPE text",
    found: "changed: column public.v7_test_results.performance_metrics (type: jsonb -> text)",
    left: true,
  },
  {
    what: "an array made another's array",
    sql: "ALTER TABLE file_audit ALTER COLUMN v7_reviewed_by TYPE text[]",
    found:
      "changed: column public.file_audit.v7_reviewed_by (type: character varying(100)[] -> text[])",
  },
  {
    what: "a timestamp given a zone",
    sql: "ALTER TABLE v7_test_results ALTER COLUMN tested_at TYPE timestamptz",
    found: "changed: column public.v7_test_results.tested_at (type: ",
    left: true,
  },
  {
    what: "the length of a column that the view uses",
    sql: "DROP VIEW v7_migration_dashboard; ALTER TABLE v7_global_impacts ALTER COLUMN risk_assessment TYPE varchar(30)",
    found:
      "changed: column public.v7_global_impacts.risk_assessment (type: character varying(20) -> character varying(30))",
  },
  {
    what: "a default changed",
    sql: "ALTER TABLE v7_migration_workflow ALTER COLUMN status SET DEFAULT 'approved'",
    found: "changed: column public.v7_migration_workflow.status (default: ",
    everywhere: true,
  },
  {
    what: "a default taken away",
    sql: "ALTER TABLE v7_migration_workflow ALTER COLUMN id DROP DEFAULT",
    found: "changed: column public.v7_migration_workflow.id (default: ",
  },
  {
    what: "a default on one of the twelve",
    sql: "ALTER TABLE file_audit ALTER COLUMN v7_review_status SET DEFAULT 'approved'",
    found: "changed: column public.file_audit.v7_review_status (default: ",
  },
  {
    what: "NOT NULL lifted",
    sql: "ALTER TABLE v7_migration_workflow ALTER COLUMN phase_name DROP NOT NULL",
    found: "changed: column public.v7_migration_workflow.phase_name (notNull: true -> nothing)",
    everywhere: true,
  },
  {
    what: "NOT NULL set",
    sql: "ALTER TABLE v7_test_results ALTER COLUMN tested_at SET NOT NULL",
    found: "changed: column public.v7_test_results.tested_at (notNull: nothing -> true)",
  },
  {
    what: "NOT NULL lifted and set again without a look at the rows",
    sql: "ALTER TABLE v7_migration_workflow ALTER COLUMN phase_name DROP NOT NULL; ALTER TABLE v7_migration_workflow ADD CONSTRAINT n NOT NULL phase_name NOT VALID",
    found:
      "changed: column public.v7_migration_workflow.phase_name (notNullUnvalidated: nothing -> true)",
    from: 18,
    everywhere: true,
  },
  {
    what: "a column made an identity",
    sql: "ALTER TABLE v7_test_results ADD COLUMN n integer GENERATED ALWAYS AS IDENTITY",
    found: "unexpected: column public.v7_test_results.n",
  },
  {
    what: "a column made a generated one",
    sql: "ALTER TABLE v7_test_results DROP COLUMN notes; ALTER TABLE v7_test_results ADD COLUMN notes text GENERATED ALWAYS AS ('x') STORED",
    found: "changed: column public.v7_test_results.notes (generated: nothing -> stored ",
    everywhere: true,
  },
  {
    what: "another collation",
    sql: `ALTER TABLE v7_test_results ALTER COLUMN notes TYPE text COLLATE "C"`,
    found: "changed: column public.v7_test_results.notes (collation: ",
  },
  {
    what: "a comment on a column",
    sql: "COMMENT ON COLUMN file_audit.v7_impact_score IS 'no'",
    found: "changed: column public.file_audit.v7_impact_score (comment: nothing -> no)",
  },
  {
    what: "a statistics target on a column of ours",
    sql: "ALTER TABLE v7_test_results ALTER COLUMN notes SET STATISTICS 7",
    found: "changed: column public.v7_test_results.notes (statistics: nothing -> 7)",
    everywhere: true,
  },
  {
    what: "another storage",
    sql: "ALTER TABLE v7_test_results ALTER COLUMN notes SET STORAGE EXTERNAL",
    found: "changed: column public.v7_test_results.notes (storage: nothing -> external)",
  },
  {
    what: "an option of a column",
    sql: "ALTER TABLE v7_test_results ALTER COLUMN notes SET (n_distinct = 5)",
    found: "changed: column public.v7_test_results.notes (options: ",
  },
];
