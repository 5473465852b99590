import { COLUMNS } from "./columnMutations";
import type { Mutation } from "./mutation";
import { CONSTRAINTS, INDEXES, MENTIONS, TABLES } from "./tableMutations";

const HISTORY = "ALTER TABLE v7_control.history DISABLE TRIGGER USER;";
const HISTORY_ON = "; ALTER TABLE v7_control.history ENABLE TRIGGER USER";

/** The directive's own view, but for an operator behind the NULL that the server writes for a CASE's missing ELSE. */
const VIEW_WITH_OPERATOR = `CREATE OR REPLACE VIEW v7_migration_dashboard AS SELECT mw.phase_number, mw.phase_name, mw.status AS phase_status,
     mw.lead_persona, count(DISTINCT st.id) AS total_tasks,
     count(DISTINCT CASE WHEN st.status = 'completed' THEN st.id ELSE NULL::uuid ||| st.id END) AS completed_tasks,
     count(DISTINCT CASE WHEN fa.v7_workflow_status = 'completed' THEN fa.id END) AS migrated_files,
     count(DISTINCT em.id) AS enum_migrations, max(gi.risk_assessment) AS highest_risk
   FROM v7_migration_workflow mw
   LEFT JOIN v7_subworkflow_tasks st ON mw.phase_number = st.parent_phase
   LEFT JOIN file_audit fa ON fa.v7_workflow_status IS NOT NULL
   LEFT JOIN v7_enum_migrations em ON em.status != 'proposed'
   LEFT JOIN v7_global_impacts gi ON gi.approval_status = 'approved'
   GROUP BY mw.phase_number, mw.phase_name, mw.status, mw.lead_persona ORDER BY mw.phase_number`;

const VIEWS: readonly Mutation[] = [
  {
    what: "an operator of somebody's behind a NULL of the view",
    sql: `CREATE FUNCTION public.other(uuid, uuid) RETURNS uuid LANGUAGE sql AS 'SELECT $2';
      CREATE OPERATOR public.||| (LEFTARG = uuid, RIGHTARG = uuid, FUNCTION = public.other);
      ${VIEW_WITH_OPERATOR}`,
    found: "changed: view public.v7_migration_dashboard (boundTo: ",
    everywhere: true,
  },
  {
    what: "the view dropped",
    sql: "DROP VIEW v7_migration_dashboard",
    found: "missing: view public.v7_migration_dashboard",
    everywhere: true,
  },
  {
    what: "the view replaced",
    sql: "CREATE OR REPLACE VIEW v7_migration_dashboard AS SELECT phase_number, phase_name, status AS phase_status, lead_persona, 0::bigint AS total_tasks, 0::bigint AS completed_tasks, 0::bigint AS migrated_files, 0::bigint AS enum_migrations, ''::text AS highest_risk FROM v7_migration_workflow",
    found: "changed: view public.v7_migration_dashboard (definition: ",
    everywhere: true,
  },
  {
    what: "security_invoker switched on",
    sql: "ALTER VIEW v7_migration_dashboard SET (security_invoker = on)",
    found: "changed: view public.v7_migration_dashboard (options: ",
    everywhere: true,
  },
  {
    what: "security_barrier switched on",
    sql: "ALTER VIEW v7_migration_dashboard SET (security_barrier)",
    found: "changed: view public.v7_migration_dashboard (options: ",
  },
  {
    what: "the view's owner changed",
    sql: "ALTER VIEW v7_migration_dashboard OWNER TO supabase_admin",
    found: "changed: view public.v7_migration_dashboard (owner: ",
    by: "superuser",
  },
  {
    what: "a column of the view renamed",
    sql: "ALTER VIEW v7_migration_dashboard RENAME COLUMN highest_risk TO risk",
    found: "changed: view public.v7_migration_dashboard (definition: ",
  },
  {
    what: "a default on a column of the view",
    sql: "ALTER VIEW v7_migration_dashboard ALTER COLUMN phase_name SET DEFAULT 'x'",
    found: "changed: column public.v7_migration_dashboard.phase_name (default: ",
  },
  {
    what: "a comment on the view",
    sql: "COMMENT ON VIEW v7_migration_dashboard IS 'x'",
    found: "changed: view public.v7_migration_dashboard (comment: ",
  },
  {
    what: "a trigger added",
    sql: "CREATE TRIGGER t BEFORE UPDATE ON v7_test_results FOR EACH ROW EXECUTE FUNCTION suppress_redundant_updates_trigger()",
    found: "unexpected: trigger public.v7_test_results.t",
    everywhere: true,
  },
  {
    what: "a rule added",
    sql: "CREATE RULE r AS ON DELETE TO v7_test_results DO INSTEAD NOTHING",
    found: "unexpected: rule public.v7_test_results.r",
  },
  {
    what: "the history's trigger dropped",
    sql: "DROP TRIGGER history_is_append_only ON v7_control.history",
    found: "missing: trigger v7_control.history.history_is_append_only",
    everywhere: true,
  },
  {
    what: "the history's trigger switched off",
    sql: "ALTER TABLE v7_control.history DISABLE TRIGGER USER",
    found:
      "changed: trigger v7_control.history.history_is_append_only (enabled: nothing -> disabled)",
  },
  {
    what: "the history's trigger made another",
    sql: "DROP TRIGGER history_is_append_only ON v7_control.history; CREATE TRIGGER history_is_append_only BEFORE UPDATE ON v7_control.history FOR EACH STATEMENT EXECUTE FUNCTION v7_control.refuse_change()",
    found: "changed: trigger v7_control.history.history_is_append_only (definition: ",
  },
  {
    what: "the trigger's function hollowed out",
    sql: "CREATE OR REPLACE FUNCTION v7_control.refuse_change() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NULL; END'",
    found: "changed: function v7_control.refuse_change() (definition: ",
    everywhere: true,
  },
  {
    what: "the function given to another",
    sql: "ALTER FUNCTION v7_control.refuse_change() OWNER TO supabase_admin",
    found: "changed: function v7_control.refuse_change() (owner: ",
    by: "superuser",
  },
  {
    what: "a function added to the runner's schema",
    sql: "CREATE FUNCTION v7_control.f(integer) RETURNS integer LANGUAGE sql AS 'SELECT $1'",
    found: "unexpected: function v7_control.f(integer)",
  },
];

const ACCESS: readonly Mutation[] = [
  {
    what: "a grant to anon",
    sql: "GRANT SELECT ON v7_test_results TO anon",
    found: `changed: privileges table public.v7_test_results (anon: nothing -> ["SELECT"])`,
    everywhere: true,
  },
  {
    what: "a grant to PUBLIC",
    sql: "GRANT SELECT ON v7_migration_dashboard TO PUBLIC",
    found: `changed: privileges table public.v7_migration_dashboard (PUBLIC: nothing -> ["SELECT"])`,
    everywhere: true,
  },
  {
    what: "a grant taken away",
    sql: "REVOKE SELECT ON v7_test_results FROM v7_reader",
    found: "changed: privileges table public.v7_test_results (v7_reader: ",
    everywhere: true,
  },
  {
    what: "more than the matrix says",
    sql: "GRANT DELETE ON v7_test_results TO v7_agent",
    found: "changed: privileges table public.v7_test_results (v7_agent: ",
  },
  {
    what: "a column grant",
    sql: "GRANT UPDATE (approval_status) ON v7_migration_workflow TO v7_agent",
    found: "changed: privileges column public.v7_migration_workflow.approval_status (v7_agent: ",
    everywhere: true,
  },
  {
    what: "a column grant on one of the twelve, to anon",
    sql: "GRANT UPDATE (v7_review_status) ON file_audit TO anon",
    found: "changed: privileges column public.file_audit.v7_review_status (anon: ",
  },
  {
    what: "a column grant taken away",
    sql: "REVOKE UPDATE (blockers) ON v7_migration_workflow FROM v7_agent",
    found: "changed: privileges column public.v7_migration_workflow.blockers (v7_agent: ",
  },
  {
    what: "a grant option",
    sql: "GRANT SELECT ON v7_test_results TO v7_reader WITH GRANT OPTION",
    found: `changed: privileges table public.v7_test_results (v7_reader: ["SELECT"] -> ["SELECT*"])`,
    everywhere: true,
  },
  {
    what: "a grant made on a grant option",
    sql: "GRANT SELECT ON v7_test_results TO v7_reader WITH GRANT OPTION; SET ROLE v7_reader; GRANT SELECT ON v7_test_results TO anon; RESET ROLE",
    found: "changed: privileges table public.v7_test_results (anon: ",
  },
  {
    what: "the owner's own privilege revoked",
    sql: "SET ROLE postgres; REVOKE SELECT ON v7_test_results FROM postgres; RESET ROLE",
    found: "changed: privileges table public.v7_test_results (<owner> lacks: ",
  },
  {
    what: "a grant on the runner's schema",
    sql: "GRANT USAGE ON SCHEMA v7_control TO anon",
    found: "changed: privileges schema v7_control (anon: ",
    everywhere: true,
  },
  {
    what: "a grant on the history",
    sql: "GRANT INSERT ON v7_control.history TO v7_auditor",
    found: "changed: privileges table v7_control.history (v7_auditor: ",
  },
  {
    what: "a grant on a schema of others, to a role of ours",
    sql: "SET ROLE postgres; GRANT CREATE ON SCHEMA public TO v7_agent; RESET ROLE",
    found: "changed: privileges schema public (v7_agent: ",
    by: "superuser",
  },
  {
    what: "a grant on a table of others, to a role of ours",
    sql: "GRANT DELETE ON file_audit TO v7_agent",
    found: "changed: privileges table public.file_audit (v7_agent: ",
  },
  {
    what: "the function opened to PUBLIC",
    sql: "GRANT EXECUTE ON FUNCTION v7_control.refuse_change() TO PUBLIC",
    found:
      'changed: privileges function v7_control.refuse_change() (PUBLIC: nothing -> ["EXECUTE"])',
  },
  {
    what: "default privileges in the runner's schema",
    sql: "ALTER DEFAULT PRIVILEGES FOR ROLE postgres IN SCHEMA v7_control GRANT SELECT ON TABLES TO anon",
    found: "unexpected: default privileges of postgres in schema v7_control on tables",
    everywhere: true,
  },
  {
    what: "default privileges of a role of ours",
    sql: "ALTER DEFAULT PRIVILEGES FOR ROLE v7_agent GRANT SELECT ON TABLES TO anon",
    found: "unexpected: default privileges of v7_agent on tables",
    by: "superuser",
  },
  {
    what: "default privileges for a role of ours",
    sql: "ALTER DEFAULT PRIVILEGES FOR ROLE postgres IN SCHEMA public GRANT SELECT ON TABLES TO v7_reader",
    found: "unexpected: default privileges of postgres in schema public on tables",
  },
];

const ROLES: readonly Mutation[] = [
  {
    what: "a role that may log in",
    sql: "ALTER ROLE v7_ci LOGIN",
    found: "changed: role v7_ci (login: false -> true)",
    everywhere: true,
  },
  {
    what: "a role past row security",
    sql: "ALTER ROLE v7_ci BYPASSRLS",
    found: "changed: role v7_ci (bypassRowSecurity: false -> true)",
    by: "superuser",
  },
  {
    what: "a role made a superuser",
    sql: "ALTER ROLE v7_agent SUPERUSER",
    found: "changed: role v7_agent (superuser: false -> true)",
    by: "superuser",
  },
  {
    what: "a role that may make roles",
    sql: "ALTER ROLE v7_agent CREATEROLE",
    found: "changed: role v7_agent (createRole: false -> true)",
  },
  {
    what: "a role that inherits nothing",
    sql: "ALTER ROLE v7_agent NOINHERIT",
    found: "changed: role v7_agent (inherit: true -> false)",
  },
  {
    what: "a role with a connection limit",
    sql: "ALTER ROLE v7_agent CONNECTION LIMIT 3",
    found: "changed: role v7_agent (connectionLimit: nothing -> 3)",
  },
  {
    what: "a role that ends",
    sql: "ALTER ROLE v7_agent VALID UNTIL '2030-01-01'",
    found: "changed: role v7_agent (validUntil: ",
  },
  {
    what: "a role with a setting",
    sql: "ALTER ROLE v7_agent SET search_path = evil",
    found: "changed: role v7_agent (settings: ",
    everywhere: true,
  },
  {
    what: "a member that nobody approved",
    sql: "CREATE ROLE mallory LOGIN; GRANT v7_architect TO mallory",
    found: `changed: role v7_architect (members: [] -> ["mallory"])`,
    by: "superuser",
    everywhere: true,
  },
  {
    what: "a member that may make members",
    sql: "CREATE ROLE mallory LOGIN; GRANT v7_architect TO mallory WITH ADMIN OPTION",
    found: `changed: role v7_architect (members: [] -> ["mallory*"])`,
    by: "superuser",
  },
  {
    what: "a membership without INHERIT",
    sql: "CREATE ROLE mallory LOGIN; GRANT v7_architect TO mallory WITH INHERIT FALSE, SET TRUE",
    found: `changed: role v7_architect (members: [] -> ["mallory without INHERIT"])`,
    by: "superuser",
    from: 16,
    everywhere: true,
  },
  {
    what: "a role of ours in another role",
    sql: "GRANT service_role TO v7_agent",
    found: `changed: role v7_agent (memberOf: [] -> ["service_role"])`,
    by: "superuser",
  },
];

const HISTORIES: readonly Mutation[] = [
  {
    what: "a row of history edited",
    sql: `${HISTORY} UPDATE v7_control.history SET applied_by = 'x' WHERE position = 3${HISTORY_ON}`,
    found: "changed: history row 3 (a row whose content is not what its digest covers)",
    unrepairable: true,
    everywhere: true,
  },
  {
    what: "a row of history deleted",
    sql: `${HISTORY} DELETE FROM v7_control.history WHERE position = 4${HISTORY_ON}`,
    found: "changed: history row 5 (position 5 where 4 comes next: a row was taken out)",
    unrepairable: true,
    everywhere: true,
  },
  {
    what: "the last row of history deleted",
    sql: `${HISTORY} DELETE FROM v7_control.history WHERE position = (SELECT max(position) FROM v7_control.history)${HISTORY_ON}`,
    found: "missing: history step all/access",
    unrepairable: true,
    everywhere: true,
  },
  {
    what: "the last rows of history deleted",
    sql: `${HISTORY} DELETE FROM v7_control.history WHERE position >= 10${HISTORY_ON}`,
    found: "missing: history step ad_005/section_8",
    unrepairable: true,
  },
  {
    what: "a row put into history",
    sql: "INSERT INTO v7_control.history SELECT position + 100, recorded_at, action, directive, 'section_9', step_kind, step_sha256, plan_digest, duration_ms, applied_by, server_version, runner_version, details, repeat('a', 64), repeat('b', 64) FROM v7_control.history WHERE position = 1",
    found: "changed: history row 101",
    unrepairable: true,
    everywhere: true,
  },
  {
    what: "all of history gone",
    sql: `${HISTORY} DELETE FROM v7_control.history${HISTORY_ON}`,
    found: "missing: history step ad_005/section_1",
    unrepairable: true,
  },
];

/** One change for every kind of thing that the snapshot covers. */
export const MUTATIONS: readonly Mutation[] = [
  ...COLUMNS,
  ...TABLES,
  ...CONSTRAINTS,
  ...INDEXES,
  ...MENTIONS,
  ...VIEWS,
  ...ACCESS,
  ...ROLES,
  ...HISTORIES,
];
