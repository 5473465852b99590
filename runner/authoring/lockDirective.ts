import { performance } from "node:perf_hooks";
import { Fault } from "../base/fault";
import { loadMatrices, mergeAccess } from "../directive/accessMatrix";
import { amendmentsBuiltOn, filesOf, lockedAfter, stepsBefore } from "../directive/builtOn";
import { findDirectives } from "../directive/directive";
import type { Baseline, Lock } from "../directive/lock";
import { loadManifest, type Manifest } from "../directive/manifest";
import { STACK_USER } from "../embedded";
import { unitsOf } from "../execute/units";
import type { Step } from "../model";
import { count } from "../pages/blocks";
import { BASELINES, describeBaseline, withBaseline } from "./baseline";
import { expectGranted } from "./expectGranted";
import { expectSums } from "./expectSums";
import { lockSteps } from "./lockSteps";
import { type MissingInverse, missingInverses, refuseMissing } from "./missingInverses";
import { type Choice, type Found, observe, type Subject } from "./observe";
import { expectNoneRemade } from "./remade";

/** How many servers run at a time: each keeps one processor busy, as this process does. */
const AT_A_TIME = 2;

/** The result of running a directive on every baseline. */
export interface Trial {
  readonly manifest: Manifest;
  readonly earlier: readonly Manifest[];
  readonly found: readonly Found[];
  readonly missing: readonly MissingInverse[];
}

/**
 * Finds out what a directive does by running it on a throwaway server of every major, with and without default privileges,
 * after the earlier directives. Of those, the optional amendments that no manifest names have not run.
 *
 * @param onProgress called after each server is done
 * @param baselines default: all
 * @throws MANIFEST_INVALID, SQL_UNPARSABLE, STATEMENT_FAILED, DIRECTIVE_REFUSED
 */
export async function tryDirective(
  sqlFolder: string,
  directive: string,
  onProgress: (message: string) => void = () => undefined,
  baselines = BASELINES,
): Promise<Trial> {
  const { manifest, earlier } = await loadForLock(sqlFolder, directive);
  const names = [...earlier, manifest].map((one) => one.directive);
  const optional = manifest.steps.filter(({ required }) => !required).map(({ id }) => id);
  const builtOn = amendmentsBuiltOn([...earlier, manifest]);
  const matrices = loadMatrices(sqlFolder, names, [...optional, ...builtOn]);
  const subject: Omit<Subject, "isWitnessed"> = {
    roles: matrices.flatMap(({ roles }) => Object.keys(roles)),
    earlier: [...stepsBefore(earlier, manifest).values()],
    steps: manifest.steps,
    choices: choicesOf(manifest.steps),
  };
  const found = await inTurns(baselines, async (baseline): Promise<Found> => {
    const start = performance.now();
    const observation = await withBaseline(sqlFolder, baseline, (client) =>
      // Comparing all catalog rows on one of the two is enough: default privileges add no further kinds of rows.
      observe(client, { ...subject, isWitnessed: baseline.defaults === "open" }).catch(
        (error: unknown) => {
          throw withServer(baseline, error);
        },
      ),
    );
    const statements = observation.steps.reduce((sum, step) => sum + step.statements.length, 0);
    onProgress(
      `${describeBaseline(baseline)}: ${count(statements, "statement")} in ${((performance.now() - start) / 1000).toFixed(1)} s`,
    );
    return { baseline, ...observation };
  });
  expectSums(directive, found);
  expectNoneRemade(directive, found);
  const own = matrices.at(-1) ?? mergeAccess([]);
  expectGranted(directive, own, mergeAccess(matrices), found);
  return { manifest, earlier, found, missing: missingInverses(found) };
}

/**
 * The lock of a directive from its trial.
 *
 * @throws DIRECTIVE_REFUSED where an inverse leaves something, or is missing without a reason
 */
export function lockOf({ manifest, earlier, found, missing }: Trial): Lock {
  const { directive } = manifest;
  refuseMissing(directive, missing);
  return {
    version: 1,
    directive,
    after: lockedAfter(earlier, manifest),
    files: filesOf(manifest),
    steps: lockSteps(manifest.steps, found),
  };
}

/**
 * Tries a directive, and returns its lock.
 *
 * @throws what {@link tryDirective} and {@link lockOf} throw
 */
export async function lockDirective(...args: Parameters<typeof tryDirective>): Promise<Lock> {
  return lockOf(await tryDirective(...args));
}

/** Adds to a statement's fault on which server it failed, and what that server has: an author may think of another one. */
function withServer(baseline: Baseline, error: unknown): unknown {
  return error instanceof Fault && error.code === "STATEMENT_FAILED"
    ? error.withDetail([
        `  on a throwaway ${describeBaseline(baseline)}, as ${STACK_USER}, who is no superuser; it has sql/dev_baseline, the earlier directives, and PostgreSQL's own extensions`,
      ])
    : error;
}

/** Reads a directive for its author, and the earlier ones. */
export async function loadForLock(
  sqlFolder: string,
  directive: string,
): Promise<Pick<Trial, "manifest" | "earlier">> {
  const names = findDirectives(sqlFolder);
  const earlier = names.slice(0, Math.max(0, names.indexOf(directive)));
  const [manifest, ...before] = await Promise.all(
    [directive, ...earlier].map((name) => loadManifest(sqlFolder, name, true)),
  );
  return { manifest: manifest as Manifest, earlier: before };
}

/**
 * The choices of steps that are tried besides all steps together: the required steps alone, and with each optional one. Only
 * steps before the first commit are in them, as a choice is rolled back.
 */
function choicesOf(steps: readonly Step[]): readonly Choice[] {
  const optional = steps.filter(({ required }) => !required);
  return [undefined, ...optional].flatMap((chosen) => {
    const [first] = unitsOf(steps.filter((step) => step.required || step === chosen));
    const inside = first?.isTransaction === true ? first.steps : [];
    const name = `the required steps ${chosen === undefined ? "alone" : `and ${chosen.id}`}`;
    return chosen === undefined || inside.includes(chosen) ? [{ name, steps: inside }] : [];
  });
}

/** Runs `work` for each item, some at a time; the results are in the items' order. */
async function inTurns<T, R>(
  items: readonly T[],
  work: (item: T) => Promise<R>,
): Promise<readonly R[]> {
  const answers: R[] = [];
  const waiting = [...items.entries()];
  const worker = async (): Promise<void> => {
    for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) {
      answers[next[0]] = await work(next[1]);
    }
  };
  try {
    await Promise.all(Array.from({ length: AT_A_TIME }, worker));
  } finally {
    waiting.length = 0;
  }
  return answers;
}
