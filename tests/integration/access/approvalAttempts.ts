/** One way in which somebody might write an approval column: statements, of which the last one decides. */
export interface Attempt {
  readonly way: string;
  readonly statements: readonly string[];
  /** The SQLSTATE of the last one; empty if it is harmless and allowed. */
  readonly state: string;
}

const FLOW = "public.v7_migration_workflow";
const DENIED = "42501";

/** Attempts on each approval column, with the statements that write columns. */
const COLUMNS: readonly Attempt[] = [
  [FLOW, "approval_status", "phase_number, phase_name, lead_persona", "91, 'x', 'y'"],
  [FLOW, "approved_by", "phase_number, phase_name, lead_persona", "92, 'x', 'y'"],
  [FLOW, "approval_notes", "phase_number, phase_name, lead_persona", "93, 'x', 'y'"],
  [
    "public.v7_enum_migrations",
    "approved_by",
    "current_enum_name, current_enum_values, v7_enum_name, v7_enum_values, affected_tables, affected_columns",
    "'a', '{}', 'b', '{}', '{}', '{}'",
  ],
  [
    "public.v7_global_impacts",
    "approval_status",
    "change_type, change_detail, affected_workflows, affected_layers, impact_description, risk_assessment",
    "'enum', '{}', '{}', '{}', 'x', 'low'",
  ],
].flatMap(([table, column, others, values]) => [
  one(`update ${column}`, `UPDATE ${String(table)} SET ${String(column)} = 'approved'`),
  one(
    `update ${column} to what it is`,
    `UPDATE ${String(table)} SET ${String(column)} = ${String(column)}`,
  ),
  one(
    `insert ${column}`,
    `INSERT INTO ${String(table)} (${String(others)}, ${String(column)}) VALUES (${String(values)}, 'approved')`,
  ),
  one(
    `insert ${column} by its default`,
    `INSERT INTO ${String(table)} (${String(others)}, ${String(column)}) VALUES (${String(values)}, DEFAULT)`,
  ),
  one(`copy ${column}`, `COPY ${String(table)} (${String(others)}, ${String(column)}) FROM STDIN`),
  one(`copy every column of ${table}`, `COPY ${String(table)} FROM STDIN`),
  one(
    `merge ${column}`,
    `MERGE INTO ${String(table)} t USING (SELECT 1) s ON true WHEN MATCHED THEN UPDATE SET ${String(column)} = 'approved'`,
  ),
]);

const ONE_ROW = `INSERT INTO ${FLOW} (phase_number, phase_name, lead_persona) VALUES (1, 'x', 'y')`;
const APPROVE = `UPDATE ${FLOW} SET approval_status = 'approved'`;

/** Every way that we know for the login `login`, which may write the other columns. */
export function approvalAttempts(login: string): readonly Attempt[] {
  return [
    ...COLUMNS,
    one(
      "upsert",
      `${ONE_ROW} ON CONFLICT (phase_number) DO UPDATE SET approval_status = 'approved'`,
    ),
    one(
      "upsert what was proposed",
      `INSERT INTO ${FLOW} (phase_number, phase_name, lead_persona, approved_by) VALUES (1, 'x', 'y', 'me')
       ON CONFLICT (phase_number) DO UPDATE SET approved_by = EXCLUDED.approved_by`,
    ),
    one("several columns at once", `UPDATE ${FLOW} SET (status, approved_by) = ('review', 'me')`),
    one("a CTE", `WITH done AS (${APPROVE} RETURNING 1) SELECT count(*) FROM done`),
    one("a prepared statement", `PREPARE p AS ${APPROVE}`, "EXECUTE p"),
    one(
      "a cursor",
      "BEGIN",
      `DECLARE c CURSOR FOR SELECT * FROM ${FLOW} FOR UPDATE`,
      "FETCH c",
      `${APPROVE} WHERE CURRENT OF c`,
    ),
    one("a block", `DO $$ BEGIN EXECUTE $q$${APPROVE}$q$; END $$`),
    one("the server's files", `COPY ${FLOW} FROM '/etc/hostname'`),
    one("the server's programs", `COPY ${FLOW} FROM PROGRAM 'true'`),
    // Views, functions, triggers, rules
    one("a view", "CREATE VIEW public.mine AS SELECT 1"),
    one(
      "a temporary view",
      `CREATE TEMP VIEW flow AS SELECT * FROM ${FLOW}`,
      "UPDATE flow SET approval_status = 'approved'",
    ),
    one(
      "a temporary view with a rule",
      "CREATE TEMP VIEW ruled AS SELECT 1 AS n",
      `CREATE RULE r AS ON INSERT TO ruled DO INSTEAD ${APPROVE}`,
      "INSERT INTO ruled VALUES (1)",
    ),
    {
      way: "the dashboard",
      statements: ["UPDATE public.v7_migration_dashboard SET phase_status = 'approved'"],
      state: "55000",
    },
    one("a function", "CREATE FUNCTION public.mine() RETURNS void LANGUAGE sql AS 'SELECT 1'"),
    one(
      "a temporary function with its owner's rights",
      `CREATE FUNCTION pg_temp.mine() RETURNS void LANGUAGE sql SECURITY DEFINER AS $$${APPROVE}$$`,
      "SELECT pg_temp.mine()",
    ),
    one("a language", "CREATE LANGUAGE plperlu"),
    one(
      "a trigger",
      `CREATE TRIGGER t BEFORE UPDATE ON ${FLOW} FOR EACH ROW EXECUTE FUNCTION suppress_redundant_updates_trigger()`,
    ),
    one(
      "a trigger on a temporary table",
      "CREATE TEMP TABLE bait (n int)",
      `CREATE FUNCTION pg_temp.spring() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER AS $$ BEGIN ${APPROVE}; RETURN NEW; END $$`,
      "CREATE TRIGGER t AFTER INSERT ON bait FOR EACH ROW EXECUTE FUNCTION pg_temp.spring()",
      "INSERT INTO bait VALUES (1)",
    ),
    one("a rule", `CREATE RULE r AS ON UPDATE TO ${FLOW} DO ALSO NOTIFY x`),
    one("a policy", `CREATE POLICY p ON ${FLOW} USING (true)`),
    one(
      "an event trigger",
      "CREATE EVENT TRIGGER e ON ddl_command_end EXECUTE FUNCTION pg_temp.spring()",
    ),
    // Roles
    one("SET ROLE architect", "SET ROLE v7_architect"),
    one("SET ROLE owner", "SET ROLE postgres"),
    one("SET SESSION AUTHORIZATION", "SET SESSION AUTHORIZATION v7_architect"),
    one("membership", `GRANT v7_architect TO ${login}`),
    one("membership of the group", "GRANT v7_architect TO v7_agent"),
    one("membership in who writes all", `GRANT pg_write_all_data TO ${login}`),
    one("attributes", `ALTER ROLE ${login} CREATEROLE`),
    one("BYPASSRLS", `ALTER ROLE ${login} BYPASSRLS`),
    one("another role", "CREATE ROLE mine IN ROLE v7_architect"),
    one("the architect's password", "ALTER ROLE test_v7_architect PASSWORD 'x'"),
    one("the group's settings", "ALTER ROLE v7_architect SET search_path = pg_temp, public"),
    // Ownership, definitions
    one("ownership", `ALTER TABLE ${FLOW} OWNER TO ${login}`),
    one("what others own", "REASSIGN OWNED BY postgres TO v7_agent"),
    one("a default", `ALTER TABLE ${FLOW} ALTER COLUMN approval_status SET DEFAULT 'approved'`),
    one("another name", `ALTER TABLE ${FLOW} RENAME COLUMN approval_notes TO notes`),
    one("a child table", `CREATE TEMP TABLE child () INHERITS (${FLOW})`),
    one("a schema", "CREATE SCHEMA mine"),
    one(
      "the catalog",
      "UPDATE pg_catalog.pg_attribute SET attacl = NULL WHERE attname = 'approved_by'",
    ),
    one("the setting that turns triggers off", "SET session_replication_role = replica"),
    one("delete", `DELETE FROM ${FLOW}`),
    one("truncate", `TRUNCATE ${FLOW}`),
    // The server allows these, and they affect nobody else.
    harmless("a grant to itself", `GRANT UPDATE ON ${FLOW} TO ${login}`),
    harmless("a grant of columns to itself", `GRANT UPDATE (approved_by) ON ${FLOW} TO v7_agent`),
    harmless(
      "a temporary table of the same name",
      "CREATE TEMP TABLE v7_migration_workflow (approved_by text)",
    ),
  ];
}

function one(way: string, ...statements: readonly string[]): Attempt {
  return { way, statements, state: DENIED };
}

function harmless(way: string, statement: string): Attempt {
  return { way, statements: [statement], state: "" };
}
