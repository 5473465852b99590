import { cpSync, mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Client, ClientBase } from "pg";
import type { Authorization } from "../../runner/apply";
import { approvalBytes, newApproval, type Approval } from "../../runner/approvalRecord";
import { authorize, type ApprovalRules } from "../../runner/authorize";
import { withConnection } from "../../runner/connection";
import { preparePlan, prepareRollback, type PreparedPlan } from "../../runner/planner";
import { makeFolder, makeKey, sign, signerLine, type Key } from "../unit/approval/support";
import { applyRequest, SQL_FOLDER, type TestRequest } from "./directive";
import type { TestDatabase, TestServer } from "./postgres";

/** A protected database, a copy of the project's sql/ in which The Architect's key is trusted, and the rules. */
export interface Scene {
  readonly database: TestDatabase;
  /** Stands for the project's folder. */
  readonly folder: string;
  readonly key: Key;
  readonly rules: ApprovalRules;
  readonly request: TestRequest;
}

export interface SceneOptions {
  readonly rules?: Partial<ApprovalRules>;
  /** Default: The Architect alone. */
  readonly signers?: (architect: Key) => string;
}

export async function makeScene(server: TestServer, options: SceneOptions = {}): Promise<Scene> {
  const folder = makeFolder();
  cpSync(SQL_FOLDER, join(folder, "sql"), { recursive: true });
  const key = makeKey();
  writeSigners(folder, options.signers?.(key) ?? signerLine("architect", key));
  const database = await server.createDatabase({ shape: "supabase" });
  const rules: ApprovalRules = {
    requireApproval: true,
    requiredApprovals: 1,
    allowedSigners: "sql/ad_005/approvals/allowed_signers",
    projectFolder: folder,
    ...options.rules,
  };
  const request = await applyRequest(database, join(folder, "sql"));
  return { database, folder, key, rules, request: { ...request, authorize: by(rules) } };
}

/** `authorize` by these rules. */
export function by(
  rules: ApprovalRules,
): (prepared: PreparedPlan, client: Client) => Promise<Authorization> {
  return (prepared, client) => authorize(prepared, client, rules);
}

/** The repository's file of allowed signers. */
export function writeSigners(folder: string, lines: string): void {
  mkdirSync(join(folder, "sql", "ad_005", "approvals"), { recursive: true });
  writeFileSync(join(folder, "sql", "ad_005", "approvals", "allowed_signers"), lines);
}

export interface SignOptions {
  /** Default: the plan of the pending steps. */
  readonly plan?: (client: ClientBase, request: Scene["request"]) => Promise<PreparedPlan>;
  readonly key?: Key;
  readonly namespace?: string;
  /** The file's name. */
  readonly name?: string;
  readonly changes?: Partial<Approval>;
  readonly issued?: Date;
  readonly lifetimeSeconds?: number;
}

/** Plans, and signs the plan's digest; the files lie where `v7 approve` puts them. */
export async function approve(scene: Scene, options: SignOptions = {}): Promise<Approval> {
  const { request, folder } = scene;
  const { plan = preparePlan, key = scene.key, name = "one", changes = {} } = options;
  const prepared = await withConnection(request.connection, (client) => plan(client, request));
  const { digest = "", plan: planned } = prepared;
  const approval = {
    ...newApproval(
      {
        plan: digest,
        action: planned?.action ?? "apply",
        decision: "approved",
        approver: "architect",
        notes: "",
      },
      options.issued ?? new Date(),
      options.lifetimeSeconds ?? 3600,
    ),
    ...changes,
  };
  const bytes = approvalBytes(approval);
  const file = join(folder, "sql", "ad_005", "approvals", `${name}.json`);
  writeFileSync(file, bytes);
  writeFileSync(`${file}.sig`, sign(bytes, key, options.namespace));
  return approval;
}

/** The plan that takes back what stands, for `approve`. */
export const rollbackPlan = prepareRollback;

/** Everything that a run could have changed: schemas, relations with privileges, columns, roles, and the history. */
export async function everythingIn(database: TestDatabase): Promise<unknown> {
  const client = await database.connect();
  const { rows } = await client.query(
    `SELECT 'object' AS what, n.nspname || '.' || c.relname AS name, c.relacl::text AS detail
       FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
      WHERE n.nspname NOT LIKE 'pg\\_%' AND n.nspname <> 'information_schema'
     UNION ALL SELECT 'column', c.relname || '.' || a.attname, a.attacl::text || format_type(a.atttypid, a.atttypmod)
       FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid
       JOIN pg_namespace n ON n.oid = c.relnamespace
      WHERE n.nspname IN ('public', 'v7_control') AND a.attnum > 0 AND NOT a.attisdropped
     UNION ALL SELECT 'schema', nspname, nspacl::text FROM pg_namespace
      WHERE nspname NOT LIKE 'pg\\_%'
     UNION ALL SELECT 'role', r.rolname, (SELECT string_agg(m.roleid::regrole::text, ',' ORDER BY m.roleid)
                                           FROM pg_auth_members m WHERE m.member = r.oid) FROM pg_roles r
      ORDER BY 1, 2, 3`,
  );
  const { rows: there } = await client.query<{ there: boolean }>(
    "SELECT to_regclass('v7_control.history') IS NOT NULL AS there",
  );
  const history =
    there[0]?.there === true
      ? (await client.query("SELECT position, action, step_id, digest FROM v7_control.history"))
          .rows
      : [];
  await client.end();
  return { rows, history };
}
