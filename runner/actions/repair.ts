import { performance } from "node:perf_hooks";
import { DatabaseError, type Client, type ClientBase } from "pg";
import { fault, messageOf } from "../base/fault";
import { sha256 } from "../base/sha256";
import { formatDifference } from "../catalog/compare";
import { stepKey } from "../directive/directive";
import { findDrift, type Drift, type Finding } from "../drift/findDrift";
import type { VerifyRequest } from "../drift/verify";
import { appendHistory, readHistory } from "../history/history";
import { OWNER_OF_ALL } from "../history/recordedOwner";
import type { Authorization, PlannedStep } from "../model";
import { makePlan } from "../plan/makePlan";
import { serverObstacles } from "../plan/obstacles/server";
import { planDigest, type PlanRequest, type PreparedPlan } from "../plan/plan";
import { inMigrationSession, type MigrationSessionOptions } from "../postgres/lockedSession";
import { isProtected } from "../postgres/protection";
import { withDirectivePath } from "../postgres/session";
import type { Repair } from "../repair/context";
import { refuseObstacles } from "./apply";

/** One step of a repair plan: a finding's SQL; of several findings, where one statement puts them all right. */
interface RepairStep extends PlannedStep {
  /** What it is for, a line a finding. */
  readonly findings: readonly string[];
  /** Of the first of them. */
  readonly object: string;
  readonly repair: Repair;
  /** The bytes that run, and that `sha256` is of. */
  readonly sql: string;
}

export interface PreparedRepair extends PreparedPlan {
  readonly repairs: readonly RepairStep[];
  /** What stays as it is: a person must decide. */
  readonly left: readonly Finding[];
}

export interface RepairRequest
  extends PlanRequest, Omit<MigrationSessionOptions, "applicationName"> {
  readonly expected: VerifyRequest["expected"];
  readonly signersFile: VerifyRequest["signersFile"];
  /** `additive`: only what adds something missing; the rest is left. Default: everything that a plan may repair. */
  readonly only?: "additive";
  /** Decides, under the runner's lock and inside the transaction, whether this plan may run. */
  readonly authorize: (prepared: PreparedPlan, client: Client) => Promise<Authorization>;
}

export interface RepairResult {
  /** What was repaired, a line a finding; empty where there was nothing to repair. */
  readonly repaired: readonly string[];
  /** What stays as it is, a line a finding. */
  readonly left: readonly string[];
  readonly planDigest?: string;
}

/** Who wrote the step, in plans and in history: repairs span all directives. */
const REPAIR = { directive: "all", kind: "repair" } as const;

/**
 * Turns what drift detection finds into a plan: a step a finding, each with its SQL's digest. Reads only. Without a
 * finding that SQL can put right there is no plan.
 *
 * @throws HISTORY_BROKEN: on a history that does not hold nothing can be recorded
 */
export async function prepareRepair(
  client: ClientBase,
  request: PlanRequest & Pick<VerifyRequest, "expected" | "signersFile">,
  only?: "additive",
): Promise<PreparedRepair> {
  await readHistory(client);
  const drift = await findDrift(client, request);
  const isChosen = ({ repair }: Finding): boolean =>
    drift.history.length > 0 &&
    repair.sql.length > 0 &&
    (repair.how === "additive" || (repair.how === "plan" && only === undefined));
  const repairs = repairSteps(drift.findings.filter(isChosen));
  const common = {
    pending: [],
    unfinished: [],
    isAccessPending: false,
    isProtected: await isProtected(client),
    obstacles: [],
    history: drift.history,
    objects: drift.objects,
    owner: drift.owner,
    snapshot: drift.snapshot,
    notCompared: drift.notCompared,
    titles: new Map(repairs.map((step) => [stepKey(step), step.findings.join("; ")])),
    repairs,
    left: drift.findings.filter((finding) => !isChosen(finding)),
  };
  if (repairs.length === 0) {
    return common;
  }
  const steps = repairs.map(({ directive, id, kind, sha256: digest }) => ({
    directive,
    id,
    kind,
    sha256: digest,
  }));
  const plan = await makePlan(client, request, "repair", steps, common);
  const obstacles = await serverObstacles(client);
  return { ...common, plan, digest: planDigest(plan), obstacles };
}

/** In the order in which they run; findings with the same SQL share a step. */
function repairSteps(findings: readonly Finding[]): RepairStep[] {
  const bySql = new Map<string, Finding[]>();
  for (const finding of [...findings].sort((a, b) => a.repair.phase - b.repair.phase)) {
    const sql = `${finding.repair.sql.join(";\n")};\n`;
    bySql.set(sql, [...(bySql.get(sql) ?? []), finding]);
  }
  return [...bySql].flatMap(([sql, [first, ...others]], index) =>
    first === undefined
      ? []
      : [
          {
            ...REPAIR,
            id: stepId(index + 1, first.object),
            sha256: sha256(Buffer.from(sql)),
            findings: [first, ...others].map(formatDifference),
            object: first.object,
            repair: first.repair,
            sql,
          },
        ],
  );
}

/** `03_index_public_idx_test_results_status`: unique by its number. */
function stepId(number: number, object: string): string {
  const words = object
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, "_")
    .replace(/_$/, "");
  return `${String(number).padStart(2, "0")}_${words}`.slice(0, 100);
}

/**
 * Repairs what drift detection finds: under the runner's lock, in one transaction, once it is authorized; then looks
 * again, and records each step. Never drops data, and nothing by CASCADE.
 *
 * @throws HISTORY_BROKEN, STATEMENT_FAILED, REPAIR_INCOMPLETE after everything was rolled back
 * @throws APPROVAL_REQUIRED and its relatives
 */
export async function repairDrift(request: RepairRequest): Promise<RepairResult> {
  const applicationName = "v7 repair";
  return await inMigrationSession({ ...request, applicationName }, (client) =>
    repairFound(client, request),
  );
}

async function repairFound(client: Client, request: RepairRequest): Promise<RepairResult> {
  const { only, onProgress = () => undefined } = request;
  const prepared = await prepareRepair(client, request, only);
  const left = prepared.left.map(formatDifference);
  if (prepared.digest === undefined) {
    return { repaired: [], left };
  }
  refuseObstacles(prepared, request);
  const authorization = await request.authorize(prepared, client);
  const durations: number[] = [];
  for (const step of prepared.repairs) {
    onProgress(step.findings[0] ?? step.id);
    const start = performance.now();
    await runStep(client, step);
    durations.push(performance.now() - start);
  }
  refuseIncomplete(await findDrift(client, request), prepared);
  await appendHistory(
    client,
    prepared.repairs.map((step, index) => ({
      action: "repair" as const,
      directive: step.directive,
      stepId: step.id,
      stepKind: step.kind,
      stepSha256: step.sha256,
      planDigest: prepared.digest ?? "",
      durationMs: durations[index] ?? 0,
      details: {
        ...authorization,
        findings: step.findings,
        sql: step.sql,
        ...(step.object === OWNER_OF_ALL ? { owner: prepared.owner } : {}),
      },
    })),
  );
  return {
    repaired: prepared.repairs.flatMap(({ findings }) => findings),
    left,
    planDigest: prepared.digest,
  };
}

async function runStep(client: Client, { id, findings, repair, sql }: RepairStep): Promise<void> {
  try {
    await withDirectivePath(client, () => client.query(sql));
  } catch (error) {
    const said = error instanceof DatabaseError ? error : undefined;
    const code = said?.code ?? "";
    throw fault(code === "55P03" ? "LOCK_TIMEOUT" : "STATEMENT_FAILED", {
      what: `repairing ${findings.join("; ")} (step ${id})`,
      found: `${messageOf(error)}${code === "" ? "" : ` (SQLSTATE ${code})`}`,
      expected: "a statement that the server accepts",
      remedy: `Nothing was changed: everything was rolled back${repair.note === undefined ? "" : `. Note: ${repair.note}`}`,
      detail: [said?.detail, said?.hint].flatMap((line) =>
        line === undefined ? [] : [`  ${line}`],
      ),
      cause: error,
    });
  }
}

/** What was to be repaired is, and nothing else came of it. */
function refuseIncomplete({ findings }: Drift, prepared: PreparedRepair): void {
  // Who owns everything is as the history will say: the row is still to be written.
  const known = new Set([...prepared.left.map(({ object }) => object), OWNER_OF_ALL]);
  const still = findings.filter(({ object }) => !known.has(object));
  if (still.length > 0) {
    throw fault("REPAIR_INCOMPLETE", {
      what: "comparing the catalog with what was approved, after the repairs",
      found: `${String(still.length)} difference${still.length === 1 ? "" : "s"}`,
      expected: "none but those that are left to a person",
      remedy: "Nothing was changed: everything was rolled back. Repair these by hand",
      detail: still.map((finding) => `  - ${formatDifference(finding)}`),
    });
  }
}
