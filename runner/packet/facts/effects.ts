import { grouped } from "../../base/grouped";
import { when } from "../../base/when";
import { createdObjects, type CreatedObject } from "../../catalog/createdObjects";
import type { PlanAction, Statement, Step } from "../../model";
import { count } from "../../pages/blocks";
import { duration, number } from "../../pages/format";
import type { PreparedPlan } from "../../plan/plan";
import { formatName } from "../../postgres/names";
import type { Rehearsal } from "../../rehearsal/model";
import { dropsObjects } from "../../sql/commandTags";
import { firstLine } from "../../sql/statements";
import { qualifiedName } from "../../sql/tree";
import type { AccessRow, Effect, Packet } from "../model";
import type { Trees } from "../trees";
import { some } from "./lists";
import { whoWaits } from "./risks";
import { undoneSteps } from "./steps";

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
  const { action, steps, rehearsal } = known;
  if (action !== "apply" && action !== "rollback") {
    const titles = steps.filter(({ state }) => state === "runs").map(({ title }) => title);
    return [
      { label: "Does", text: some(titles, 6, "; ") },
      ...when(action !== "trust", { label: "Waits and access", text: NOT_REHEARSABLE }),
    ];
  }
  return [
    ...objectEffects(known),
    ...rowsEffect(known),
    { label: "Waits", text: rehearsal === undefined ? NOT_REHEARSED : waiting(rehearsal) },
    ...accessEffects(known),
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

/** Which objects the steps' statements add, change and remove, and how many rows they write. */
function objectEffects({ action, steps, trees, prepared: { pending } }: Known): readonly Effect[] {
  if (action === "rollback") {
    const { own, onOthers } = made(undoneSteps(pending, steps));
    return [
      { label: "Adds", text: "nothing" },
      { label: "Changes", text: some(byTable(onOthers, "loses"), 6, "; ") },
      { label: "Removes", text: described(own) },
    ];
  }
  const { own, onOthers } = made(pending);
  const statements = pending.flatMap((step) => step.statements);
  const drops = statements.filter((one) => dropsObjects([one])).map(firstLine);
  return [
    { label: "Adds", text: described(own) },
    { label: "Changes", text: some(byTable(onOthers, "gets"), 6, "; ") },
    { label: "Removes", text: some(drops, 4, "; ") },
    { label: "Writes rows", text: some(writes(statements, trees), 6, "; ") },
    ...otherStatements(pending, trees),
  ];
}

/** New objects with the parts of new tables, and new parts of tables that the steps do not create. */
function made(
  steps: readonly Step[],
): Readonly<Record<"own" | "onOthers", readonly CreatedObject[]>> {
  const objects = createdObjects(steps);
  const keys = new Set(objects.map(({ key }) => key));
  const isOwn = ({ table }: CreatedObject): boolean =>
    table === undefined || keys.has(`table ${formatName(table)}`);
  return { own: objects.filter(isOwn), onOthers: objects.filter((one) => !isOwn(one)) };
}

const PLURALS: Readonly<Record<string, string>> = { index: "indexes" };
/** The kinds whose names are listed; of the others there can be many. */
const NAMED: ReadonlySet<string> = new Set(["schema", "table", "view"]);

/** `5 tables (public.a, public.b, …), 12 indexes`. */
function described(objects: readonly CreatedObject[]): string {
  const kinds = grouped(objects, ({ key }) => key.split(" ", 1)[0] ?? "");
  const words = [...kinds].map(([kind, those]) => {
    const number = count(those.length, kind, PLURALS[kind]);
    const names = those.map(({ key }) => key.slice(kind.length + 1));
    return NAMED.has(kind) ? `${number} (${some(names, 8)})` : number;
  });
  return some(words, words.length);
}

/** A line a table: `public.file_audit gets 12 columns`. */
function byTable(objects: readonly CreatedObject[], verb: string): readonly string[] {
  const tables = grouped(objects, ({ table }) => (table ? formatName(table) : ""));
  return [...tables].map(([name, those]) => `${name} ${verb} ${described(those)}`);
}

/** A line a table and verb: `INSERT into public.a (13 rows)`. */
function writes(statements: readonly Statement[], trees: Trees): readonly string[] {
  return statements.flatMap((statement) => {
    const { InsertStmt, UpdateStmt, DeleteStmt } = trees(statement);
    const [verb, relation] = InsertStmt
      ? ["INSERT into", InsertStmt.relation]
      : UpdateStmt
        ? ["UPDATE of", UpdateStmt.relation]
        : ["DELETE from", DeleteStmt?.relation];
    if (relation === undefined) {
      return [];
    }
    const rows = InsertStmt?.selectStmt?.SelectStmt?.valuesLists?.length;
    const words = `${verb} ${formatName(qualifiedName(relation))}`;
    return [rows === undefined ? words : `${words} (${count(rows, "row")})`];
  });
}

/** The statements that no other line covers, so that the list of effects is complete. */
function otherStatements(steps: readonly Step[], trees: Trees): readonly Effect[] {
  const others = steps.flatMap((step) =>
    step.statements.filter(
      (one) =>
        createdObjects([{ ...step, statements: [one] }]).length === 0 &&
        writes([one], trees).length === 0 &&
        !dropsObjects([one]),
    ),
  );
  const kinds = [
    ...new Set(others.map((one) => /^[A-Z]+(?: [A-Z]+)?/.exec(firstLine(one))?.[0] ?? "SQL")),
  ];
  return when(others.length > 0, {
    label: "Runs besides",
    text: `${count(others.length, "statement")} (${some(kinds, 6)}): the SQL is below`,
  });
}

/** Which roles gain access, and which lose it. */
function accessEffects({
  action,
  access,
  rehearsal,
  prepared: { revocations = [] },
}: Known): readonly Effect[] {
  const taken = when(revocations.length > 0, {
    label: "Taken away, as the access matrix does not have it",
    text: some(revocations, 4, "; "),
  });
  if (rehearsal === undefined) {
    const granted = `${byRole(access, ({ after }) => after)}; of others nothing is known`;
    return [{ label: "Access", text: action === "apply" ? granted : NOT_REHEARSED }, ...taken];
  }
  return [
    {
      label: "Gain access",
      text: byRole(access, ({ before = [], after }) => without(after, before)),
    },
    {
      label: "Lose access",
      text: byRole(access, ({ before = [], after }) => without(before, after)),
    },
    ...taken,
  ];
}

/** `v7_reader: SELECT on 5 objects; v7_agent: …` */
function byRole(
  access: readonly AccessRow[],
  privilegesOf: (row: AccessRow) => readonly string[],
): string {
  const rows = access.filter((row) => privilegesOf(row).length > 0);
  const lines = [...grouped(rows, ({ role }) => role)].map(([role, those]) => {
    const words = those.flatMap(privilegesOf).map((one) => one.replace(/ \(.*/, ""));
    const [{ object }] = those;
    const where = those.length === 1 ? object : count(those.length, "object");
    return `${role}: ${[...new Set(words)].sort().join(", ")} on ${where}`;
  });
  return lines.length === 0 ? "nobody" : some(lines, 8, "; ");
}

/** The privileges that the others do not include; a privilege on an object includes those on its columns. */
function without(privileges: readonly string[], others: readonly string[]): readonly string[] {
  const given = new Set(others.flatMap(byColumn));
  return privileges
    .flatMap(byColumn)
    .filter((one) => !given.has(one) && !given.has(one.replace(/ \(.*/, "")));
}

/** `UPDATE (a, b)` is `UPDATE (a)` and `UPDATE (b)`. */
function byColumn(privilege: string): readonly string[] {
  const [, word = "", columns] = /^(.*?) \((.*)\)$/.exec(privilege) ?? [];
  return columns === undefined
    ? [privilege]
    : columns.split(", ").map((column) => `${word} (${column})`);
}
