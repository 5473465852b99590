import { grouped } from "../../base/grouped";
import { when } from "../../base/when";
import { titleOf } from "../../catalog/kinds/objectId";
import { lockedChanges } from "../../directive/readLock";
import type { HeldLock, Step } from "../../model";
import { capitalized, duration, number } from "../../pages/format";
import type { PreparedPlan } from "../../plan/plan";
import type { Rehearsal } from "../../rehearsal/model";
import type { AccessRow, Risk } from "../model";
import { rehearsedAccess } from "./accessRows";
import { some } from "./lists";

/** A lock that blocks readers or writers for this long is reported as a risk. */
const LONG_LOCK_MS = 1000;
/** Times from a rehearsal on less than this share of the rows are not reliable. */
const FEW_ROWS = 0.5;

/** What could go wrong, or is not known, from the plan and its rehearsal; the worst first. */
export function risksOf(
  {
    plan,
    pending,
    isProtected,
    revocations = [],
    notCompared,
  }: Pick<PreparedPlan, "plan" | "pending" | "isProtected" | "revocations" | "notCompared">,
  rehearsal: Rehearsal | undefined,
  rehearsalFailure?: string,
): readonly Risk[] {
  const risks = [
    ...when(rehearsalFailure !== undefined, bad(`The rehearsal failed. ${rehearsalFailure ?? ""}`)),
    ...when(
      rehearsal === undefined && plan?.action !== "trust",
      caution("Not rehearsed: times, locks and the resulting objects are not known."),
    ),
    ...(rehearsal === undefined ? [] : rehearsalRisks(rehearsal)),
    ...when(
      plan?.action === "rollback",
      caution(
        "Tables and columns are dropped. Their rows are in the archive afterwards, and in no table.",
      ),
    ),
    ...(plan?.action === "apply" ? rowRisks(pending) : []),
    ...when(
      plan?.target.systemIdentifier === null,
      caution(
        "The cluster's own number could not be read with this login: the address alone says which server it is.",
      ),
    ),
    ...revocations.map((one) =>
      caution(`The access matrix does not have it, so the run takes it away: REVOKE ${one}`),
    ),
    ...notCompared.map((what) =>
      caution(`Not compared, as this version does not know it: ${what}.`),
    ),
    ...when(
      !isProtected,
      caution("The database says that it is unprotected: it may be changed without a signature."),
    ),
  ];
  return [
    ...risks.filter(({ tone }) => tone === "bad"),
    ...risks.filter(({ tone }) => tone !== "bad"),
  ];
}

export function whoWaits({ blocksReads, blocksWrites }: HeldLock): string {
  if (blocksReads) {
    return "readers and writers";
  }
  return blocksWrites ? "writers" : "nobody who reads or writes";
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
      .filter(({ heldMs, blocksWrites }) => heldMs >= LONG_LOCK_MS && blocksWrites)
      .map((lock) =>
        caution(
          `${capitalized(whoWaits(lock))} of ${lock.relation} wait for ${duration(lock.heldMs)} (${lock.mode}).`,
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
    ...when(
      serverVersion !== targetVersion,
      caution(`Rehearsed on PostgreSQL ${serverVersion}; the target has ${targetVersion}.`),
    ),
    ...omitted.map((one) => caution(`Not rebuilt for the rehearsal: ${one}`)),
  ];
}

/** Roles that the access matrix gives nothing: PUBLIC, and the roles of a Supabase project's Data API. */
const EVERYBODY: ReadonlySet<string> = new Set(["PUBLIC", "anon", "authenticated", "service_role"]);

/** What these roles gain by the plan, and what they keep on tables that the plan touches. */
function accessRisks(rehearsal: Rehearsal): readonly Risk[] {
  const rows = rehearsedAccess(rehearsal).filter(
    ({ role, object }) => EVERYBODY.has(role) && !object.startsWith("schema "),
  );
  const gains = rows.flatMap(({ role, object, before = [], after }) => {
    const gained = after.filter((privilege) => !before.includes(privilege));
    return when(gained.length > 0, bad(`${role} gains ${gained.join(", ")} on ${object}.`));
  });
  return [
    ...gains,
    ...keeps(rows.filter(({ isChanged, after }) => !isChanged && after.length > 0)),
  ];
}

/** One risk for each object and list of privileges; it names all roles that have them. */
function keeps(rows: readonly AccessRow[]): Risk[] {
  const what = grouped(rows, ({ object, after }) => `${after.join(", ")} on ${object}`);
  return [...what].map(([can, those]) =>
    caution(
      `As before, and whatever the plan adds there, ${those.map(({ role }) => role).join(", ")} can do: ${can}.`,
    ),
  );
}

const CHANGES_ROWS: ReadonlySet<string> = new Set(["UPDATE", "DELETE", "MERGE", "TRUNCATE TABLE"]);
const MAY_CHANGE_ROWS: ReadonlySet<string> = new Set(["DO", "CALL", "SELECT"]);

/** What the steps change or delete that no archive has: it has what they drop. */
export function rowRisks(pending: readonly Step[]): readonly Risk[] {
  const found = pending.flatMap((step) => [
    ...step.statements.flatMap(({ locked }) => {
      const { tag = "", tables } = locked ?? {};
      const writes = tables?.some((one) => (one.writes ?? []).length > 0) ?? false;
      return CHANGES_ROWS.has(tag) || (MAY_CHANGE_ROWS.has(tag) && writes)
        ? [`${tag} in ${step.id}`]
        : [];
    }),
    ...lockedChanges(step)
      .flatMap(({ changed }) => changed)
      .filter(({ id, properties }) => id.of?.kind === "table" && "type" in properties)
      .map(({ id }) => `the type of ${titleOf(id)} in ${step.id}`),
  ]);
  const values = `No archive has the values that are changed or deleted by ${some([...new Set(found)], 6)}: a rollback brings back what the inverses can make of the rows that are there then.`;
  return when(found.length > 0, caution(values));
}

function caution(text: string): Risk {
  return { tone: "caution", text };
}

function bad(text: string): Risk {
  return { tone: "bad", text };
}
