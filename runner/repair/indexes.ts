import { escapeIdentifier } from "pg";
import { parentOf } from "../catalog/compare";
import { commentText } from "./column";
import { repairConstraint } from "./constraint";
import {
  changedNames,
  entryOf,
  manual,
  PHASES,
  quoteQualified,
  setOptions,
  splitMember,
  statementFor,
  type Repair,
  type RepairContext,
} from "./context";

/** An index that is missing, not the directive's, invalid, or another than the directive's. */
export function repairIndex(context: RepairContext, object: string, kind: string): Repair {
  const name = object.replace("index ", "");
  const quoted = quoteQualified(name);
  const expected = entryOf(context.expected, object);
  const actual = entryOf(context.live, object);
  const renamed = renamedIndex(context, object, kind);
  if (renamed !== undefined) {
    return renamed;
  }
  const create = statementFor(context, object);
  if (create === undefined && kind !== "unexpected") {
    return indexOfConstraint(context, object, kind);
  }
  if (kind === "unexpected") {
    const relation = parentOf(object, actual) ?? "";
    const constraint = `constraint ${relation}.${splitMember(`x.${name}`)[1]}`;
    return constraint in context.live
      ? repairConstraint(context, constraint, "unexpected")
      : { how: "plan", sql: [`DROP INDEX ${quoted}`], phase: PHASES.index };
  }
  if (kind === "missing") {
    return { how: "additive", sql: [create ?? ""], phase: PHASES.index };
  }
  const changed = changedNames(expected, actual);
  const small = smallIndexChange(context, object, changed);
  return small ?? { how: "plan", sql: [`DROP INDEX ${quoted}`, create ?? ""], phase: PHASES.index };
}

/** What of an index can be put right without building it again. */
function smallIndexChange(
  context: RepairContext,
  object: string,
  changed: readonly string[],
): Repair | undefined {
  const quoted = quoteQualified(object.replace("index ", ""));
  const expected = entryOf(context.expected, object);
  const table = quoteQualified(parentOf(object, expected) ?? "");
  const actions: Readonly<Record<string, string>> = {
    comment: `COMMENT ON INDEX ${quoted} IS ${commentText(expected)}`,
    clustered: `ALTER TABLE ${table} SET WITHOUT CLUSTER`,
    replicaIdentity: `ALTER TABLE ${table} REPLICA IDENTITY DEFAULT`,
    options: setOptions(
      expected,
      entryOf(context.live, object),
      (action) => `ALTER INDEX ${quoted} ${action}`,
    ).join(";\n"),
    tablespace: `ALTER INDEX ${quoted} SET TABLESPACE pg_default`,
    valid: `REINDEX INDEX ${quoted}`,
    ready: `REINDEX INDEX ${quoted}`,
  };
  return changed.every((property) => property in actions)
    ? {
        how: "plan",
        sql: [...new Set(changed.map((property) => actions[property] ?? ""))],
        phase: PHASES.index,
      }
    : undefined;
}

/** An index that belongs to a constraint is made, renamed and taken away with it. */
function indexOfConstraint(context: RepairContext, object: string, kind: string): Repair {
  const expected = entryOf(context.expected, object);
  const name = object.slice(object.lastIndexOf(".") + 1);
  const constraint = `constraint ${parentOf(object, expected) ?? ""}.${name}`;
  if (kind === "changed") {
    const changed = changedNames(expected, entryOf(context.live, object));
    const small = smallIndexChange(context, object, changed);
    if (small !== undefined) {
      return small;
    }
  }
  return constraint in context.expected
    ? repairConstraint(context, constraint, kind)
    : manual([], "no statement of the directives creates it");
}

function renamedIndex(context: RepairContext, object: string, kind: string): Repair | undefined {
  if (kind === "changed") {
    return undefined;
  }
  const [here, there] =
    kind === "missing" ? [context.expected, context.live] : [context.live, context.expected];
  const bare = (snapshot: object, key: string): string =>
    JSON.stringify((snapshot as Record<string, unknown>)[key]).replace(
      `INDEX ${key.slice(key.lastIndexOf(".") + 1)} ON`,
      "INDEX ON",
    );
  const match = context.differences.find(
    (one) =>
      one.object.startsWith("index ") &&
      one.kind === (kind === "missing" ? "unexpected" : "missing") &&
      bare(there, one.object) === bare(here, object),
  );
  if (match === undefined) {
    return undefined;
  }
  const [from, to] = kind === "missing" ? [match.object, object] : [object, match.object];
  const name = to.slice(to.lastIndexOf(".") + 1);
  const constraint = `constraint ${parentOf(to, context.expected[to]) ?? ""}.${name}`;
  if (constraint in context.expected && !(constraint in context.live)) {
    return repairConstraint(context, constraint, "missing");
  }
  return {
    how: "plan",
    sql: [
      `ALTER INDEX ${quoteQualified(from.replace("index ", ""))} RENAME TO ${escapeIdentifier(name)}`,
    ],
    phase: PHASES.rename,
  };
}
