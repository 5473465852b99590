import { escapeIdentifier, type Client } from "pg";
import { describeCatalog, type DescribedCatalog } from "../catalog/describe";
import type { Baseline } from "../directive/lock";
import { executeSteps } from "../execute/executeStep";
import { committed, executeUnits } from "../execute/executeUnit";
import { isConcurrent, unitsOf } from "../execute/units";
import type { Step } from "../model";
import { readRows, type Tried, type TriedProposal, tryInverse, tryProposal } from "./tryInverse";
import { type ObservedStatement, Watch } from "./watch";

/** What one step did on one server. */
export interface ObservedStep {
  readonly step: Step;
  readonly statements: readonly ObservedStatement[];
  /** The result of its inverse; absent where it has none. */
  readonly left?: Tried;
  /** A proposed inverse, where the step has neither one nor a reason to have none. */
  readonly proposal?: TriedProposal;
}

/** What the directive did on one server: all of its steps together, and each choice of them. */
interface Observation {
  /** The catalog before any directive. */
  readonly clean: DescribedCatalog;
  /** The catalog before this directive. */
  readonly before: DescribedCatalog;
  readonly steps: readonly ObservedStep[];
  readonly after: DescribedCatalog;
  readonly choices: readonly { readonly choice: Choice; readonly after: DescribedCatalog }[];
}

/** The observation on one baseline. */
export interface Found extends Observation {
  readonly baseline: Baseline;
}

/** The directive to observe. */
export interface Subject {
  /** The group roles of the access matrix, which a stack makes before the directives run. */
  readonly roles: readonly string[];
  /** The steps of each earlier directive. */
  readonly earlier: readonly (readonly Step[])[];
  readonly steps: readonly Step[];
  readonly choices: readonly Choice[];
  /** Whether to look for changes of the catalog that no kind describes. */
  readonly isWitnessed: boolean;
}

/** A choice of steps that is run without the other steps. */
export interface Choice {
  /** `the required steps and row_level_security` */
  readonly name: string;
  readonly steps: readonly Step[];
}

/**
 * Runs a directive's steps as production does, on a throwaway database: first each choice of steps, which is rolled back,
 * then all steps together, where each step's inverse is tried after it.
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
  const clean = await describeCatalog(client);
  for (const directive of earlier) {
    await executeUnits(client, directive);
  }
  const watch = await Watch.start(client, isWitnessed);
  const before = watch.catalog;
  const chosen: Observation["choices"][number][] = [];
  for (const choice of choices) {
    chosen.push({ choice, after: await tryChoice(client, choice.steps) });
  }
  const observed: ObservedStep[] = [];
  for (const unit of unitsOf(steps)) {
    const observeUnit = async (): Promise<void> => {
      for (const step of unit.steps) {
        observed.push(await observeStep(client, watch, step));
      }
    };
    // A backfill is also observed in one transaction: outside of one the server does not count.
    await (unit.steps.some(isConcurrent) ? observeUnit() : committed(client, observeUnit));
  }
  return { clean, before, steps: observed, after: await describeCatalog(client), choices: chosen };
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

/** Runs a step, and tries its inverse, which is undone again. */
async function observeStep(client: Client, watch: Watch, step: Step): Promise<ObservedStep> {
  const before = { catalog: watch.catalog, rows: await readRows(client) };
  const statements = await watch.run(step);
  if (step.inverse !== undefined) {
    return { step, statements, left: await tryInverse(client, step, before, watch.catalog) };
  }
  if (step.irreversible !== undefined) {
    return { step, statements };
  }
  const changes = statements.map(({ change }) => change);
  return {
    step,
    statements,
    proposal: await tryProposal(client, step, before, watch.catalog, changes),
  };
}
