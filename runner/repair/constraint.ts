import { escapeIdentifier } from "pg";
import { commentText } from "./column";
import {
  changedNames,
  entryOf,
  PHASES,
  quoteQualified,
  splitMember,
  statementFor,
  type Repair,
  type RepairContext,
} from "./context";

/** A constraint that is missing, not the directive's, loosened, renamed, not validated or switched off. */
export function repairConstraint(context: RepairContext, object: string, kind: string): Repair {
  const [relation, name] = splitMember(object.replace("constraint ", ""));
  const table = quoteQualified(relation);
  const other = counterpart(context, object, kind);
  if (other !== undefined) {
    const [from, to] = kind === "missing" ? [other, name] : [name, other];
    return {
      how: "plan",
      sql: [
        `ALTER TABLE ${table} RENAME CONSTRAINT ${escapeIdentifier(from)} TO ${escapeIdentifier(to)}`,
      ],
      phase: PHASES.rename,
    };
  }
  const drop = `ALTER TABLE ${table} DROP CONSTRAINT ${escapeIdentifier(name)}`;
  if (kind === "unexpected") {
    return { how: "plan", sql: [drop], phase: PHASES.key };
  }
  const expected = entryOf(context.expected, object);
  const actual = entryOf(context.live, object);
  const phase = expected["type"] === "f" ? PHASES.foreignKey : PHASES.key;
  const add =
    statementFor(context, object) ??
    `ALTER TABLE ${table} ADD CONSTRAINT ${escapeIdentifier(name)} ${String(expected["definition"])}`;
  if (kind === "missing") {
    return { how: "additive", sql: [add], note: "fails where rows do not meet it", phase };
  }
  const changed = changedNames(expected, actual);
  const comment = `COMMENT ON CONSTRAINT ${escapeIdentifier(name)} ON ${table} IS ${commentText(expected)}`;
  if (changed.join() === "comment") {
    return { how: "plan", sql: [comment], phase: PHASES.comment };
  }
  const isUnchecked =
    changed.includes("validated") &&
    String(actual["definition"]).replace(/ NOT VALID$/, "") === expected["definition"] &&
    changed.every((property) => ["definition", "validated"].includes(property));
  return isUnchecked
    ? {
        how: "plan",
        sql: [`ALTER TABLE ${table} VALIDATE CONSTRAINT ${escapeIdentifier(name)}`],
        phase,
      }
    : { how: "plan", sql: [drop, add], note: "fails where rows do not meet it", phase };
}

/** The name of the object that is this one under another name: equal in everything, one missing and one unexpected. */
function counterpart(context: RepairContext, object: string, kind: string): string | undefined {
  const [relation, name] = splitMember(object.replace("constraint ", ""));
  const [here, there] =
    kind === "missing" ? [context.expected, context.live] : [context.live, context.expected];
  const wanted = kind === "missing" ? "unexpected" : "missing";
  const own = JSON.stringify(here[object]);
  const match = context.differences.find(
    (one) =>
      kind !== "changed" &&
      one.kind === wanted &&
      one.object.startsWith(`constraint ${relation}.`) &&
      JSON.stringify(there[one.object]) === own,
  );
  const other = match && splitMember(match.object.replace("constraint ", ""))[1];
  return other === name ? undefined : other;
}
