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

type Known = Pick<Packet, "steps" | "access" | "archived"> & {
  readonly action: PlanAction;
  readonly trees: Trees;
  readonly prepared: Pick<PreparedPlan, "pending" | "revocations">;
  readonly rehearsal: Rehearsal | undefined;
};

/**
 * What a plan does, in at most ten lines that are read before any SQL: objects, rows, who waits, who may do more or less.
 * Everything of it is told in full by a part of the packet further down.
 */
export function effectsOf(known: Known): readonly Effect[] {
  const { action, steps, rehearsal, prepared, access } = known;
  if (action !== "apply" && action !== "rollback") {
    const titles = steps.filter(({ state }) => state === "runs").map(({ title }) => title);
    return [
      { label: "Does", text: some(titles, 6, "; ") },
      ...(action === "trust" ? [] : [{ label: "Waits and access", text: NOT_REHEARSABLE }]),
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

/** Of tables that are there already, and of a rollback what is copied before it goes. */
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
    ...(tables.length === 0 ? [] : [{ label: "Rows that are there", text: some(tables, 4, "; ") }]),
    ...(action === "rollback"
      ? [
          {
            label: "Copied into the archive first",
            text: `what ${count(archived.length, "table")} hold`,
          },
        ]
      : []),
  ];
}

/** Who waits for whom, and for how long: locks that nobody waits for are left to the part on the rehearsal. */
function waiting({ locks, transactionMs }: Rehearsal): string {
  const held = locks
    .filter(({ blocksReads, blocksWrites }) => blocksReads || blocksWrites)
    .map(
      ({ relation, mode, heldMs, blocksReads }) =>
        `${blocksReads ? "readers and writers" : "writers"} of ${relation} for ${duration(heldMs)} (${mode})`,
    );
  const whole = `the transaction takes ${duration(transactionMs)}`;
  return held.length === 0
    ? `nobody who reads or writes a table that is there already; ${whole}`
    : `${some(held, 3, "; ")}; ${whole}, as rehearsed`;
}
