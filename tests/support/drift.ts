import type { Client, ClientBase } from "pg";
import { applyDirective } from "../../runner/actions/apply";
import { formatDifference } from "../../runner/catalog/compare";
import { grantStatements } from "../../runner/directive/grantStatements";
import { isGrantedByRun } from "../../runner/directive/objectType";
import { findDrift, type Finding } from "../../runner/drift/findDrift";
import { verifyDatabase } from "../../runner/drift/verify";
import type { AccessMatrix } from "../../runner/model";
import { withConnection } from "../../runner/postgres/connection";
import { asRunner } from "./asRunner";
import { applyRequest, SQL_FOLDER, type TestRequest } from "./directive";
import type { TestDatabase, TestServer } from "./postgres";

/** Makes the group roles, once a server: they belong to the server, not to a database. */
export async function makeRoles(client: Client, access: AccessMatrix): Promise<void> {
  for (const role of Object.keys(access.roles)) {
    await client.query(
      `DO $$ BEGIN CREATE ROLE ${role} NOLOGIN; EXCEPTION WHEN duplicate_object THEN NULL; END $$`,
    );
  }
}

/** A database after `up` by the login without superuser rights: directive, roles, grants, a few rows. */
export async function carriedOut(
  server: TestServer,
  sqlFolder = SQL_FOLDER,
  application = "",
): Promise<{ database: TestDatabase; request: TestRequest }> {
  const database = await server.createDatabase({ shape: "supabase", unprotected: true });
  const request = await applyRequest(database, sqlFolder);
  const owner = await database.connect();
  await owner.query(application);
  await makeRoles(owner, request.access);
  await applyDirective(request);
  await grantAll(owner, request.access);
  await owner.query(ROWS);
  return { database, request };
}

/** Makes the grants that a stack's program makes; a run makes the others. */
export async function grantAll(owner: Client, access: AccessMatrix): Promise<void> {
  const grants = access.grants.filter((grant) => !isGrantedByRun(grant));
  for (const statement of grantStatements({ grants })) {
    await owner.query(statement);
  }
}

/** The differences that drift detection finds, one on each line. */
export async function driftOf(client: Client, request: TestRequest): Promise<readonly string[]> {
  const { findings } = await asRunner(client, (one) => findDrift(one, request));
  return findings.map(formatDifference);
}

/** The fingerprint of the directives' objects as they are now. */
export async function fingerprintNow(request: TestRequest): Promise<string> {
  const verify = (client: ClientBase) => verifyDatabase(client, request);
  return (await withConnection(request.connection, verify)).schemaFingerprint;
}

/** The statements of every repair, each once, in the order in which they run. */
export function repairStatements(findings: readonly Finding[]): ReadonlySet<string> {
  return new Set(
    [...findings]
      .sort((a, b) => a.repair.phase - b.repair.phase)
      .map(({ repair }) => repair.sql.join(";\n")),
  );
}

/** A row or two in each table, which a repair must keep. */
const ROWS = `
  INSERT INTO file_audit (file_path, v7_target_name, v7_impact_score, v7_dependencies)
    VALUES ('a.ts', 'WF1_V7_L1_A', 3, '{b.ts}'), ('b.ts', NULL, NULL, NULL);
  INSERT INTO v7_migration_workflow (phase_number, phase_name, lead_persona) VALUES (40, 'Database', 'L8'), (50, 'Files', 'L2');
  INSERT INTO v7_subworkflow_tasks (parent_phase, task_number, task_name, responsible_persona) VALUES (40, 1, 'Create', 'L8');
  INSERT INTO v7_enum_migrations (current_enum_name, current_enum_values, v7_enum_name, v7_enum_values, affected_tables, affected_columns)
    VALUES ('task_status_enum', '{Queued}', 'task_status_v7', '{queued}', '{jobs}', '{"jobs": ["status"]}');
  INSERT INTO v7_global_impacts (change_type, change_detail, affected_workflows, affected_layers, impact_description, risk_assessment)
    VALUES ('enum', '{}', '{WF1}', '{1}', 'an impact', 'low');
  INSERT INTO v7_test_results (test_type, component_tested, test_status, error_details) VALUES ('unit', 'x', 'pass', 'none')`;
