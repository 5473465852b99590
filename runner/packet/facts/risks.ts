import type { PlanAction } from "../../model";
import { duration, number } from "../../pages/format";
import type { PreparedPlan } from "../../plan/plan";
import type { Rehearsal } from "../../rehearsal/model";
import type { Risk } from "../model";
import { accessRisks } from "./accessRisks";

/** A lock that others wait for this long is worth a warning. */
const LONG_LOCK_MS = 1000;
/** A rehearsal on less than half of the rows says little about times. */
const FEW_ROWS = 0.5;

/** What could go wrong, or is not known: read from the plan and its rehearsal, the worst first. */
export function risksOf(
  {
    plan,
    isProtected,
    revocations = [],
    notCompared,
  }: Pick<PreparedPlan, "plan" | "isProtected" | "revocations" | "notCompared">,
  rehearsal: Rehearsal | undefined,
  rehearsalFailure?: string,
): readonly Risk[] {
  const risks = [
    ...(rehearsalFailure === undefined ? [] : [bad(`The rehearsal failed. ${rehearsalFailure}`)]),
    ...(rehearsal === undefined ? notRehearsed(plan?.action) : rehearsalRisks(rehearsal)),
    ...(plan?.action === "rollback"
      ? [
          caution(
            "Tables and columns are dropped. Their rows are in the archive afterwards, and in no table.",
          ),
        ]
      : []),
    ...(plan?.target.systemIdentifier === null
      ? [
          caution(
            "The cluster's own number could not be read with this login: the address alone says which server it is.",
          ),
        ]
      : []),
    ...revocations.map((one) =>
      caution(`The access matrix does not have it, so the run takes it away: REVOKE ${one}`),
    ),
    ...notCompared.map((what) =>
      caution(`Not compared, as this version does not know it: ${what}.`),
    ),
    ...(isProtected
      ? []
      : [
          caution(
            "The database says that it is unprotected: it may be changed without a signature.",
          ),
        ]),
  ];
  return [
    ...risks.filter(({ tone }) => tone === "bad"),
    ...risks.filter(({ tone }) => tone !== "bad"),
  ];
}

function notRehearsed(action: PlanAction | undefined): Risk[] {
  return action === "trust"
    ? []
    : [caution("Not rehearsed: times, locks and the resulting objects are not known.")];
}

function rehearsalRisks(rehearsal: Rehearsal): Risk[] {
  const { statements, locks, tables, differences, omitted, serverVersion, targetVersion } =
    rehearsal;
  const rewrites = [...new Set(statements.flatMap((one) => one.rewrites))];
  const scans = statements.flatMap((one) => one.scans);
  return [
    ...differences.map((one) => bad(`Not as expected after the rehearsal: ${one}`)),
    ...rewrites.map((name) => bad(`Table ${name} is written anew, whole, under a lock.`)),
    ...locks
      .filter(
        ({ heldMs, blocksReads, blocksWrites }) =>
          heldMs >= LONG_LOCK_MS && (blocksReads || blocksWrites),
      )
      .map(({ relation, mode, heldMs, blocksReads }) =>
        caution(
          `${blocksReads ? "Readers and writers" : "Writers"} of ${relation} wait for ${duration(heldMs)} (${mode}).`,
        ),
      ),
    ...scans
      .filter(({ rows }) => rows > 0)
      .map(({ table, rows }) => caution(`Table ${table} is read whole: ${number(rows)} rows.`)),
    ...tables
      .filter(({ targetRows, rehearsedRows }) => (targetRows ?? 0) * FEW_ROWS > rehearsedRows)
      .map(({ name, targetRows, rehearsedRows }) =>
        caution(
          `Table ${name} had ${number(rehearsedRows)} rows in the rehearsal and has about ${number(targetRows ?? 0)}: it will take longer.`,
        ),
      ),
    ...tables
      .filter(({ targetRows }) => targetRows === null)
      .map(({ name }) =>
        caution(`The target never counted the rows of ${name} (ANALYZE): times say little.`),
      ),
    ...accessRisks(rehearsal),
    ...(serverVersion === targetVersion
      ? []
      : [caution(`Rehearsed on PostgreSQL ${serverVersion}; the target has ${targetVersion}.`)]),
    ...omitted.map((one) => caution(`Not rebuilt for the rehearsal: ${one}`)),
  ];
}

function caution(text: string): Risk {
  return { tone: "caution", text };
}

function bad(text: string): Risk {
  return { tone: "bad", text };
}
