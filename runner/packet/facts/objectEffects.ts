import { when } from "../../base/when";
import { createdObjects, type CreatedObject } from "../../catalog/createdObjects";
import type { Statement, Step } from "../../model";
import { count } from "../../pages/blocks";
import { formatName } from "../../postgres/names";
import { dropsObjects } from "../../sql/commandTags";
import { firstLine } from "../../sql/statements";
import { qualifiedName } from "../../sql/tree";
import type { Effect, PacketStep } from "../model";
import type { Trees } from "../trees";
import { grouped, some } from "./lists";
import { undoneSteps } from "./steps";

/** Which objects the steps' statements add, change and remove, and how many rows they write. */
export function objectEffects(
  action: "apply" | "rollback",
  pending: readonly Step[],
  shown: readonly PacketStep[],
  trees: Trees,
): readonly Effect[] {
  if (action === "rollback") {
    const { own, onOthers } = made(undoneSteps(pending, shown));
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

interface Made {
  /** New objects, and parts of new tables. */
  readonly own: readonly CreatedObject[];
  /** New parts of tables that the steps do not create. */
  readonly onOthers: readonly CreatedObject[];
}

function made(steps: readonly Step[]): Made {
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
