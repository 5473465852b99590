import { when } from "../../base/when";
import type { PlanAction } from "../../model";
import { count } from "../../pages/blocks";
import { duration, number } from "../../pages/format";
import type { PreparedPlan } from "../../plan/plan";
import type { Rehearsal } from "../../rehearsal/model";
import type { Effect, Packet } from "../model";
import type { Trees } from "../trees";
import { accessEffects } from "./accessEffects";
import { some } from "./lists";
import { objectEffects } from "./objectEffects";
import { whoWaits } from "./risks";

type Known = Pick<Packet, "steps" | "access" | "archived"> & {
  readonly action: PlanAction;
  readonly trees: Trees;
  readonly prepared: Pick<PreparedPlan, "pending" | "revocations">;
  readonly rehearsal: Rehearsal | undefined;
};

/**
 * What a plan does, in at most ten lines that are read before any SQL: objects, rows, locks, access. Later sections of the
 * packet give the details.
 */
export function effectsOf(known: Known): readonly Effect[] {
  const { action, steps, rehearsal, prepared, access } = known;
  if (action !== "apply" && action !== "rollback") {
    const titles = steps.filter(({ state }) => state === "runs").map(({ title }) => title);
    return [
      { label: "Does", text: some(titles, 6, "; ") },
      ...when(action !== "trust", { label: "Waits and access", text: NOT_REHEARSABLE }),
    ];
  }
  return [
    ...objectEffects(action, prepared.pending, steps, known.trees),
    ...rowsEffect(known),
    { label: "Waits", text: rehearsal === undefined ? NOT_REHEARSED : waiting(rehearsal) },
    ...accessEffects(action, access, rehearsal !== undefined, prepared.revocations),
  ];
}

const NOT_REHEARSABLE = "not known: a plan of this action cannot be rehearsed";
const NOT_REHEARSED = "not known: the plan was not rehearsed";

/** What happens to the rows of existing tables; for a rollback also what is archived before it is dropped. */
function rowsEffect({ action, archived, rehearsal }: Known): readonly Effect[] {
  const rewritten = new Set(rehearsal?.statements.flatMap(({ rewrites }) => rewrites));
  const scanned = new Set(
    rehearsal?.statements.flatMap(({ scans }) => scans.map(({ table }) => table)),
  );
  const tables = (rehearsal?.tables ?? []).map(({ name, targetRows }) => {
    const rows = targetRows === null ? "never counted" : `about ${number(targetRows)}`;
    const touched = rewritten.has(name)
      ? "all written anew"
      : scanned.has(name)
        ? "all read, none written anew"
        : "none written anew";
    return `${name} (${rows}): ${touched}`;
  });
  return [
    ...when(tables.length > 0, { label: "Rows that are there", text: some(tables, 4, "; ") }),
    ...when(action === "rollback", {
      label: "Copied into the archive first",
      text: `what ${count(archived.length, "object")} hold`,
    }),
  ];
}

/** Who waits for the plan's locks and how long; locks that block neither readers nor writers are left out. */
function waiting({ locks, transactionMs }: Rehearsal): string {
  const held = locks
    .filter(({ blocksWrites }) => blocksWrites)
    .map((lock) => {
      const { relation, mode, heldMs } = lock;
      return `${whoWaits(lock)} of ${relation} for ${duration(heldMs)} (${mode})`;
    });
  const whole = `the transaction takes ${duration(transactionMs)}`;
  return held.length === 0
    ? `nobody who reads or writes a table that is there already; ${whole}`
    : `${some(held, 3, "; ")}; ${whole}, as rehearsed`;
}
