import { performance } from "node:perf_hooks";
import { DatabaseError, type Client, type ClientBase } from "pg";
import { fault } from "../base/fault";
import { sha256 } from "../base/sha256";
import { formatDifference, type Difference } from "../catalog/compare";
import { stepKey } from "../directive/directive";
import { findDrift, type Finding } from "../drift/findDrift";
import { verifyDatabase, type VerifyRequest } from "../drift/verify";
import { refuseLackingDirectives } from "../history/checkHistory";
import { appendHistory, appliedSteps, readHistory } from "../history/history";
import { OWNER_OF_ALL } from "../history/recordedOwner";
import type { Obstacle, PlannedStep } from "../model";
import { serverObstacles } from "../plan/obstacles/server";
import { shadowObstacles } from "../plan/obstacles/shadows";
import { plannedStep, type PlanRequest, type PreparedPlan } from "../plan/plan";
import { planOn } from "../plan/preparePlan";
import { inMigrationSession } from "../postgres/lockedSession";
import { queryOnDirectivePath } from "../postgres/session";
import { together } from "../postgres/together";
import { planEntry } from "./historyEntries";
import { allowRun, type RunRequest } from "./run";

/** One step of a repair plan: the SQL that repairs one finding, or several. */
interface RepairStep extends PlannedStep {
  /** A line for each finding. */
  readonly findings: readonly string[];
  /** What a person should know first. */
  readonly note: string | undefined;
  /** The objects that it repairs. */
  readonly objects: readonly string[];
  /** The bytes that run, and that `sha256` is of. */
  readonly sql: string;
}

export interface PreparedRepair extends PreparedPlan {
  readonly repairs: readonly RepairStep[];
  /** The findings that the plan does not repair: a person must decide. */
  readonly left: readonly Finding[];
}

export interface RepairRequest extends RunRequest {
  readonly signersFile: VerifyRequest["signersFile"];
  /** `additive`: only repairs that add something missing. Default: everything that a plan may repair. */
  readonly only?: "additive";
}

export interface RepairResult {
  /** A line for each repaired finding; empty where there was nothing to repair. */
  readonly repaired: readonly string[];
  /** A line for each finding that was not repaired. */
  readonly left: readonly string[];
  /** A line for each step that was rolled back, with the reason. Its findings are in `left`. */
  readonly refused: readonly string[];
  readonly planDigest?: string;
}

/** A repair's directive and kind in plans and in the history; it belongs to all directives. */
const REPAIR = { directive: "all", kind: "repair" } as const;

/**
 * Makes a plan from the findings of drift detection: a step for each finding that SQL can repair, with the SQL's digest.
 * Reads only.
 *
 * @throws HISTORY_BROKEN, as nothing can be recorded in a broken history
 */
export async function prepareRepair(
  client: ClientBase,
  request: PlanRequest & Pick<VerifyRequest, "signersFile">,
  only?: "additive",
): Promise<PreparedRepair> {
  refuseLackingDirectives(appliedSteps(await readHistory(client)), request.allSteps);
  const drift = await findDrift(client, request);
  const isChosen = ({ repair }: Finding): boolean =>
    drift.history.length > 0 &&
    repair.sql.length > 0 &&
    (repair.how === "additive" || (repair.how === "plan" && only === undefined));
  const repairs = repairSteps(drift.findings.filter(isChosen));
  const { history, objects, owner } = drift;
  const titles = new Map(repairs.map((step) => [stepKey(step), step.findings.join("; ")]));
  const found = { history, objects, owner, titles };
  // A repair may run any of the directives' statements, or what they imply.
  const statements = request.allSteps.flatMap((step) => step.statements);
  const findAll = async (): Promise<readonly Obstacle[]> =>
    (
      await together([serverObstacles(client), shadowObstacles(client, { statements, objects })])
    ).flat();
  return {
    ...(await planOn(client, request, "repair", repairs.map(plannedStep), found, findAll)),
    repairs,
    left: drift.findings.filter((finding) => !isChosen(finding)),
  };
}

/** The steps in the order in which they run; findings with the same SQL share a step. */
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
            note: first.repair.note,
            objects: [first, ...others].map(({ object }) => object),
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
 * Repairs what drift detection finds, under the runner's lock, in one transaction, once it is authorized. After each step it
 * looks for drift again: a step that the server refuses, or that does not repair exactly its own findings, is rolled back;
 * the others stay and are recorded. Never drops data; CASCADE is used only to revoke privileges with grant option.
 *
 * @throws HISTORY_BROKEN, LOCK_TIMEOUT after everything was rolled back
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
  const { digest } = prepared;
  if (digest === undefined) {
    return { repaired: [], left, refused: [] };
  }
  const authorization = await allowRun(client, request, prepared);
  const done: (readonly [step: RepairStep, durationMs: number])[] = [];
  const refused: string[] = [];
  let differing = [
    ...prepared.left.map(({ object }) => object),
    ...prepared.repairs.flatMap(({ objects }) => objects),
  ];
  for (const step of prepared.repairs) {
    onProgress(step.findings[0] ?? step.id);
    const start = performance.now();
    const others = differing.filter((object) => !step.objects.includes(object));
    const why = await tryStep(client, request, step, others);
    if (why === undefined) {
      done.push([step, performance.now() - start]);
      differing = others;
    } else {
      refused.push(`${step.findings.join("; ")}: ${why}`);
      left.push(...step.findings);
    }
  }
  await appendHistory(
    client,
    done.map(([step, durationMs]) => {
      const owner = step.objects.includes(OWNER_OF_ALL) ? { owner: prepared.owner } : {};
      const { findings, sql } = step;
      const details = { ...authorization, findings, sql, ...owner };
      return planEntry("repair", digest, step, details, durationMs);
    }),
  );
  const repaired = done.flatMap(([{ findings }]) => findings);
  return { repaired, left, refused, ...(done.length === 0 ? {} : { planDigest: digest }) };
}

/** @returns why the step was rolled back; undefined where it stays, as only `others` still differ */
async function tryStep(
  client: Client,
  request: RepairRequest,
  step: RepairStep,
  others: readonly string[],
): Promise<string | undefined> {
  await client.query("SAVEPOINT v7_repair");
  const why =
    (await runStep(client, step)) ??
    wrongAfter((await verifyDatabase(client, request)).differences, others);
  await client.query(
    `${why === undefined ? "" : "ROLLBACK TO SAVEPOINT v7_repair; "}RELEASE SAVEPOINT v7_repair`,
  );
  return why;
}

/** @returns the server's error; undefined where the step ran */
async function runStep(
  client: Client,
  { id, findings, sql }: RepairStep,
): Promise<string | undefined> {
  try {
    await queryOnDirectivePath(client, sql);
    return undefined;
  } catch (error) {
    if (!(error instanceof DatabaseError)) {
      throw error;
    }
    const said = `${error.message} (SQLSTATE ${error.code ?? "none"})`;
    if (error.code === "55P03") {
      throw fault("LOCK_TIMEOUT", {
        what: `repairing ${findings.join("; ")} (step ${id})`,
        found: said,
        expected: "a statement that the server accepts",
        remedy: "Nothing was changed: everything was rolled back",
        cause: error,
      });
    }
    return [said, error.detail, error.hint].filter((line) => line !== undefined).join(". ");
  }
}

function wrongAfter(
  differences: readonly Difference[],
  others: readonly string[],
): string | undefined {
  // The new owner of all objects is recorded only at the end of the run.
  const known = [...others, OWNER_OF_ALL];
  const wrong = differences.filter(({ object }) => !known.includes(object));
  return wrong.length === 0
    ? undefined
    : `afterwards found ${wrong.map(formatDifference).join("; ")}`;
}
