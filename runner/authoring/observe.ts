import { escapeIdentifier, type Client } from "pg";
import { changeBetween, isEmptyChange } from "../catalog/change";
import { describeCatalog, type DescribedCatalog } from "../catalog/describe";
import { executeConcurrentStep, isConcurrent } from "../execute/executeConcurrentStep";
import { executeInverse, executeSteps } from "../execute/executeStep";
import type { CatalogChange, Step } from "../model";
import type { Baseline } from "./baseline";
import { readRows } from "./tableRows";
import { type ObservedStatement, Watch } from "./watch";

/** What one step did on one server. */
export interface ObservedStep {
  readonly step: Step;
  readonly statements: readonly ObservedStatement[];
  /** What is left of the step after its inverse; absent where it has none. */
  readonly left?: Left;
}

/** What a step's inverse did not take back. */
export interface Left {
  readonly change: CatalogChange;
  /** Tables with other rows than before. */
  readonly rows: readonly string[];
}

/** What the directive did on one server: all of its steps together, and the catalog that each choice of them leaves. */
interface Observation {
  readonly before: DescribedCatalog;
  readonly steps: readonly ObservedStep[];
  readonly after: DescribedCatalog;
  readonly choices: readonly { readonly choice: Choice; readonly after: DescribedCatalog }[];
}

/** What was found on one baseline. */
export interface Found extends Observation {
  readonly baseline: Baseline;
}

/** What is carried out. */
export interface Subject {
  /** The group roles of the access matrix, which a stack makes before it. */
  readonly roles: readonly string[];
  /** Of each directive before it. */
  readonly earlier: readonly (readonly Step[])[];
  readonly steps: readonly Step[];
  readonly choices: readonly Choice[];
  /** Whether to look for what no kind describes. */
  readonly isWitnessed: boolean;
}

/** Steps that run without the others. */
export interface Choice {
  /** `the required steps and row_level_security` */
  readonly name: string;
  readonly steps: readonly Step[];
}

/**
 * Runs a directive's steps in a session as production does, on a database that nobody needs afterwards: each choice alone,
 * taken back, then all together, each step followed by a try of its inverse.
 *
 * @throws STATEMENT_FAILED, DIRECTIVE_REFUSED
 */
export async function observe(
  client: Client,
  { roles, earlier, steps, choices, isWitnessed }: Subject,
): Promise<Observation> {
  for (const role of roles) {
    await client.query(`CREATE ROLE ${escapeIdentifier(role)} NOLOGIN`);
  }
  for (const directive of earlier) {
    await carryOut(client, directive);
  }
  const watch = await Watch.start(client, isWitnessed);
  const before = watch.catalog;
  const chosen: Observation["choices"][number][] = [];
  for (const choice of choices) {
    chosen.push({ choice, after: await tryChoice(client, choice.steps) });
  }
  const observed: ObservedStep[] = [];
  await client.query("BEGIN");
  for (const step of steps.filter((one) => !isConcurrent(one))) {
    observed.push(await observeStep(client, watch, step));
  }
  await client.query("COMMIT");
  for (const step of steps.filter(isConcurrent)) {
    observed.push(await observeStep(client, watch, step));
  }
  return { before, steps: observed, after: await describeCatalog(client), choices: chosen };
}

async function carryOut(client: Client, steps: readonly Step[]): Promise<void> {
  await client.query("BEGIN");
  await executeSteps(
    client,
    steps.filter((one) => !isConcurrent(one)),
  );
  await client.query("COMMIT");
  for (const step of steps.filter(isConcurrent)) {
    await executeConcurrentStep(client, step, () => undefined);
  }
}

async function tryChoice(client: Client, steps: readonly Step[]): Promise<DescribedCatalog> {
  await client.query("BEGIN");
  try {
    await executeSteps(client, steps);
    return await describeCatalog(client);
  } finally {
    await client.query("ROLLBACK");
  }
}

/**
 * What is made in a transaction is tried within it; what is built outside of one stays, and its inverse is tried in one
 * of its own.
 */
const tryOf = (step: Step): { readonly begin: string; readonly end: string } =>
  isConcurrent(step)
    ? { begin: "BEGIN", end: "ROLLBACK" }
    : {
        begin: "SAVEPOINT v7_inverse",
        end: "ROLLBACK TO SAVEPOINT v7_inverse; RELEASE SAVEPOINT v7_inverse",
      };

/** The inverse is tried, and taken back; the step's own statements never are. */
async function observeStep(client: Client, watch: Watch, step: Step): Promise<ObservedStep> {
  const { catalog } = watch;
  const rows = await readRows(client);
  const statements = await watch.run(step);
  if (step.inverse === undefined) {
    return { step, statements };
  }
  const { begin, end } = tryOf(step);
  await client.query(begin);
  await executeInverse(client, step);
  const left = await whatIsLeft(client, catalog, rows);
  await client.query(end);
  return { step, statements, left };
}

async function whatIsLeft(
  client: Client,
  catalog: DescribedCatalog,
  rows: ReadonlyMap<string, string>,
): Promise<Left> {
  const after = await readRows(client);
  return {
    change: changeBetween(catalog, await describeCatalog(client)),
    rows: [...rows].flatMap(([table, hash]) => (after.get(table) === hash ? [] : [table])),
  };
}

/** Whether nothing is left. */
export function isProved({ change, rows }: Left): boolean {
  return isEmptyChange(change) && rows.length === 0;
}
