import { escapeIdentifier } from "pg";
import { commentText } from "./column";
import {
  changedNames,
  entryOf,
  manual,
  PHASES,
  quoteQualified,
  setOptions,
  statementFor,
  type Repair,
  type RepairContext,
} from "./context";
import { createTable, recreateView } from "./table";

/** A schema, table or view that is missing, or whose own properties differ. */
export function repairRelation(context: RepairContext, object: string, kind: string): Repair {
  const [word, name] = [
    object.slice(0, object.indexOf(" ")),
    object.slice(object.indexOf(" ") + 1),
  ] as const;
  if (kind === "missing") {
    return word === "schema"
      ? manual(
          [statementFor(context, object) ?? ""],
          "what was in it is gone with it, the history too: restore a backup",
        )
      : word === "view"
        ? recreateView(context, name)
        : createTable(context, name);
  }
  if (kind === "unexpected") {
    const isData = !object.startsWith("view ");
    const type = object.replace(name, "").trim().toUpperCase();
    const sql = [`DROP ${type} ${quoteQualified(name)}`];
    return isData
      ? manual(sql, "it may hold data: archive it first, or move it to another schema")
      : { how: "plan", sql, phase: PHASES.view };
  }
  return changedRelation(context, object, word, name);
}

function changedRelation(
  context: RepairContext,
  object: string,
  word: string,
  name: string,
): Repair {
  const expected = entryOf(context.expected, object);
  const actual = entryOf(context.live, object);
  const changed = changedNames(expected, actual);
  if (changed.includes("definition")) {
    return recreateView(context, name);
  }
  const type = word.toUpperCase();
  const quoted = word === "schema" ? escapeIdentifier(name) : quoteQualified(name);
  const alter = (action: string): string => `ALTER ${type} ${quoted} ${action}`;
  const when = (property: string, ...sql: readonly string[]): readonly string[] =>
    changed.includes(property) ? sql : [];
  const names = (list: unknown): readonly string[] => (list as readonly string[] | undefined) ?? [];
  const sql = [
    ...when("owner", alter(`OWNER TO ${escapeIdentifier(context.owner)}`)),
    ...when("persistence", alter("SET LOGGED")),
    ...when(
      "rowSecurity",
      alter(
        expected["rowSecurity"] === true
          ? "ENABLE ROW LEVEL SECURITY"
          : "DISABLE ROW LEVEL SECURITY",
      ),
    ),
    ...when(
      "forceRowSecurity",
      alter(
        expected["forceRowSecurity"] === true
          ? "FORCE ROW LEVEL SECURITY"
          : "NO FORCE ROW LEVEL SECURITY",
      ),
    ),
    ...when("options", ...setOptions(expected, actual, alter)),
    ...when("comment", `COMMENT ON ${type} ${quoted} IS ${commentText(expected)}`),
    ...when("parents", ...names(actual["parents"]).map((parent) => alter(`NO INHERIT ${parent}`))),
    ...when(
      "children",
      ...names(actual["children"]).map((child) => `ALTER TABLE ${child} NO INHERIT ${quoted}`),
    ),
    ...when("tablespace", alter("SET TABLESPACE pg_default")),
    ...when("accessMethod", alter("SET ACCESS METHOD heap")),
    ...when("replicaIdentity", alter("REPLICA IDENTITY DEFAULT")),
    ...when("ofType", alter("NOT OF")),
  ];
  const isComment = changed.join() === "comment" && actual["comment"] === null;
  const phase = changed.includes("owner") ? PHASES.owner : PHASES.setting;
  return { how: isComment ? "additive" : "plan", sql, phase };
}
