import { cpSync, mkdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Client, ClientBase } from "pg";
import { applyDirective } from "../../runner/actions/apply";
import { prepareTrust, type TrustRequest } from "../../runner/actions/trust";
import { authorize, type ApprovalRules } from "../../runner/approval/authorize";
import { approvalBytes, newApproval } from "../../runner/approval/record";
import { findDrift, type Finding } from "../../runner/drift/findDrift";
import type { Approval, Authorization } from "../../runner/model";
import type { PreparedPlan } from "../../runner/plan/plan";
import { preparePlan, prepareRollback } from "../../runner/plan/preparePlan";
import { withConnection } from "../../runner/postgres/connection";
import { makeFolder, makeKey, sign, signerLine, type Key } from "../unit/approval/support";
import { contentsOf } from "./contents";
import { applyRequest, SQL_FOLDER, type TestRequest } from "./directive";
import type { TestDatabase, TestServer } from "./postgres";

/** A protected database, a copy of the project's sql/ in which The Architect's key is trusted, and the rules. */
export interface Scene {
  readonly database: TestDatabase;
  /** Takes the place of the project's folder. */
  readonly folder: string;
  readonly key: Key;
  readonly rules: ApprovalRules;
  readonly request: TestRequest;
}

export interface SceneOptions {
  readonly rules?: Partial<ApprovalRules>;
  /** A checkout of its own, instead of a new copy of sql/; its approvals are removed. */
  readonly folder?: string;
  /** Default: The Architect alone. */
  readonly signers?: (architect: Key) => string;
}

export async function makeScene(server: TestServer, options: SceneOptions = {}): Promise<Scene> {
  const folder = options.folder ?? makeFolder();
  if (options.folder === undefined) {
    cpSync(SQL_FOLDER, join(folder, "sql"), { recursive: true });
  }
  rmSync(join(folder, "sql", "ad_005", "approvals"), { recursive: true, force: true });
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

/** A scene on which The Architect has approved the directive and it has run: signers are pinned, one nonce is used. */
export async function appliedScene(server: TestServer): Promise<Scene> {
  const scene = await makeScene(server);
  await approve(scene);
  await applyDirective(scene.request);
  return scene;
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
  /** Default: The Architect. */
  readonly approver?: string;
  readonly namespace?: string;
  /** The file's name. */
  readonly name?: string;
  readonly changes?: Partial<Approval>;
  readonly issued?: Date;
  readonly lifetimeSeconds?: number;
}

/** Plans, and signs the plan's digest; the files are where `v7 approve` puts them. */
export async function approve(scene: Scene, options: SignOptions = {}): Promise<Approval> {
  const { request, folder } = scene;
  const { plan = preparePlan, key = scene.key, name = "one", changes = {} } = options;
  const { approver = "architect" } = options;
  const prepared = await withConnection(request.connection, (client) => plan(client, request));
  const { digest = "", plan: planned } = prepared;
  const approval = {
    ...newApproval(
      {
        plan: digest,
        action: planned?.action ?? "apply",
        decision: "approved",
        approver,
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

/** The plan that rolls the applied steps back, for `approve`. */
export const rollbackPlan = prepareRollback;

/** The plan of that change of the signers, for `approve`. */
export function trustPlan(
  change: Pick<TrustRequest, "trust" | "vouch">,
): NonNullable<SignOptions["plan"]> {
  return (client, request) => prepareTrust(client, { ...request, ...change });
}

/** The findings of drift detection about the history; differences of access are left out. */
export async function historyFindings({ request }: Scene): Promise<readonly Finding[]> {
  const access = { ...request.access, grants: [], roles: {} };
  const { findings } = await withConnection(request.connection, (client) =>
    findDrift(client, { ...request, access }),
  );
  return findings.filter(({ object }) => object.startsWith("history"));
}

/** Expects `run` to be refused with that code, and to change nothing in the database. */
export async function expectRefused(
  database: TestDatabase,
  code: string,
  run: () => Promise<unknown>,
): Promise<void> {
  const before = await everythingIn(database);
  await expect(run()).rejects.toThrow(new RegExp(`^(\\d+ FAILED_PRECONDITION: )?${code}: `));
  expect(await everythingIn(database)).toStrictEqual(before);
}

/** {@link contentsOf} this database. */
export async function everythingIn(database: TestDatabase): Promise<unknown> {
  const client = await database.connect();
  try {
    return await contentsOf(client);
  } finally {
    await client.end();
  }
}
