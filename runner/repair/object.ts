import { canonicalJson } from "../base/canonicalJson";
import { changedNames, type Difference } from "../catalog/compare";
import type { Entry } from "../catalog/entry";
import { kindOf } from "../catalog/kinds";
import { dropStatement, setBackStatement, type Kind } from "../catalog/kinds/kind";
import { isSameObject, keyOf, titleOf } from "../catalog/kinds/objectId";
import { entriesOf } from "../catalog/propertyValue";
import type { CatalogObject, ObjectId } from "../model";
import { changedOrder, missingColumn, unexpectedData } from "./columns";
import {
  entryOf,
  inWords,
  manual,
  PHASES,
  phaseOf,
  propertiesOf,
  type Repair,
  type RepairContext,
} from "./context";
import { make, makeAnew, statementThatMakes } from "./make";

type Properties = CatalogObject["properties"];

/** A difference of an object of the catalog. */
type OfObject = Difference & { readonly id: ObjectId };

/** Repairs a missing, unexpected or changed object of the catalog, by its kind's descriptor. */
export function repairObject(context: RepairContext, difference: OfObject): Repair {
  const { kind, id, orderOf } = difference;
  if (orderOf !== undefined) {
    return changedOrder(context, id, orderOf);
  }
  const disposable = disposableRoot(id);
  if (id.kind === "column" && kind !== "changed" && disposable !== undefined) {
    return madeAnew(context, disposable) ?? unmade(context, disposable);
  }
  const other =
    kind === "changed" ? missingChild(context, id) : ownerDifference(context, difference);
  if (other !== undefined) {
    return repairObject(context, other);
  }
  switch (kind) {
    case "missing":
      return renamed(context, difference) ?? missing(context, id);
    case "unexpected":
      return renamed(context, difference) ?? unexpected(context, id);
    case "changed":
      return changed(context, id);
  }
}

/** The object, or the one that it is part of (a view for its column), where that may be dropped and created again. */
function disposableRoot(id: ObjectId): ObjectId | undefined {
  return [id, id.of].find((one) => one !== undefined && kindOf(one.kind).isDisposable === true);
}

/** The like difference of the object to which this one belongs: an index's constraint, the table of a column's own sequence. */
function ownerDifference(
  context: RepairContext,
  { id, object, kind }: OfObject,
): OfObject | undefined {
  const { constraint } = entryOf(kind === "missing" ? context.expected : context.live, object);
  const made = kind === "missing" ? (statementThatMakes(context, id)?.locked?.added ?? []) : [];
  const keys = new Set(made.map((one) => keyOf(one.id)));
  return context.differences.find(
    (one): one is OfObject =>
      one.id !== undefined &&
      one.kind === kind &&
      one.object !== object &&
      (id.kind === "index"
        ? one.id.kind === "constraint" && one.id.name === constraint && isOnSame(one.id, id)
        : id.kind === "sequence" && one.id.kind === "table" && keys.has(keyOf(one.id))),
  );
}

/** The difference of a missing table where that is all that its parent lacks: who makes it again gives it back to the parent. */
function missingChild(context: RepairContext, id: ObjectId): OfObject | undefined {
  const [expected, found] = [context.expected, context.live].map((one) => propertiesOf(one, id));
  if (changedNames(expected ?? {}, found ?? {}).join() !== "children") {
    return undefined;
  }
  const there = entriesOf(found?.["children"] ?? null);
  const lost = entriesOf(expected?.["children"] ?? null).filter((one) => !there.includes(one));
  const missing = context.differences.filter(
    (one): one is OfObject =>
      one.kind === "missing" &&
      one.id?.kind === "table" &&
      lost.some(
        (name) => name.replaceAll('"', "") === `${String(one.id?.schema)}.${String(one.id?.name)}`,
      ),
  );
  return missing.length === lost.length ? missing[0] : undefined;
}

function isOnSame(one: ObjectId, other: ObjectId): boolean {
  return one.of !== undefined && other.of !== undefined && isSameObject(one.of, other.of);
}

/**
 * Renames an object that exists under another name: one is missing and one unexpected, and they are equal in everything
 * else. Only for disposable objects: whether a column or a label with data is the same, a person has to decide.
 */
function renamed(context: RepairContext, difference: OfObject): Repair | undefined {
  const { id, kind } = difference;
  const { rename, isDisposable } = kindOf(id.kind);
  const isMissing = kind === "missing";
  const content = (one: OfObject): string =>
    nameless(entryOf(one.kind === "missing" ? context.expected : context.live, one.object));
  const other = context.differences.find(
    (one): one is OfObject =>
      one.id?.kind === id.kind &&
      one.kind === (isMissing ? "unexpected" : "missing") &&
      isOnSame(one.id, id) &&
      content({ ...one, id: one.id }) === content(difference),
  );
  if (rename === undefined || isDisposable !== true || other === undefined) {
    return undefined;
  }
  const [from, to] = isMissing ? [other.id, id] : [id, other.id];
  return { how: "plan", sql: [rename(from, to.name)], phase: PHASES.rename };
}

/** The entry without the object's name, which an index's definition contains. */
function nameless({ definition, ...others }: Entry): string {
  const text = String(definition).replace(/^(CREATE (?:UNIQUE )?INDEX) .*? ON /s, "$1 ON ");
  return canonicalJson({ ...others, definition: text });
}

function missing(context: RepairContext, id: ObjectId): Repair {
  const kind = kindOf(id.kind);
  const sql = make(context, id);
  if (id.kind === "schema" || (id.kind === "table" && id.schema === "v7_control")) {
    const what = id.kind === "schema" ? "what was in it is" : "what was recorded in it is";
    return manual(sql, `${what} gone with it: restore it from a backup`);
  }
  const isRenamed = context.objects.change.renamed.some(({ to }) => isSameObject(to, id));
  if (id.kind === "column" && !isRenamed) {
    return missingColumn(context, id);
  }
  // A label cannot be dropped: a missing one has another name now, which the rows use.
  return sql.length === 0 || isRenamed || id.kind === "label"
    ? unmade(context, id)
    : {
        how: kind.isDisposable === true ? "additive" : "plan",
        sql,
        ...noteOf(kind),
        phase: phaseOf(id, propertiesOf(context.expected, id)),
      };
}

function noteOf({ whenMade }: Kind): Pick<Repair, "note"> {
  return whenMade === undefined ? {} : { note: whenMade };
}

function unmade({ expected }: RepairContext, id: ObjectId): Repair {
  const words = inWords(propertiesOf(expected, id));
  return manual(
    [],
    `no statement of the directives makes it by itself. Expected: ${titleOf(id)}${words === "" ? "" : `, ${words}`}`,
  );
}

function unexpected(context: RepairContext, id: ObjectId): Repair {
  const kind = kindOf(id.kind);
  const drop = dropStatement(kind, id);
  const sql = drop === null ? [] : [drop];
  if (id.kind === "column" || id.kind === "table") {
    return unexpectedData(id, sql);
  }
  return kind.isDisposable === true && drop !== null
    ? { how: "plan", sql, phase: phaseOf(id, propertiesOf(context.live, id)) }
    : manual(
        sql,
        `others may be made of it, or it holds what no statement makes again: look first. Expected: no ${titleOf(id)}`,
      );
}

function changed(context: RepairContext, id: ObjectId): Repair {
  const kind = kindOf(id.kind);
  const expected = ofOwner(propertiesOf(context.expected, id), context.owner);
  const found = ofOwner(propertiesOf(context.live, id), context.owner);
  const names = changedNames(expected, found);
  const statements = inOrder(kind, names).map((name) =>
    setBackStatement(kind, id, name, expected[name] ?? null, { expected, found }),
  );
  const sql = statements.filter((one) => one !== null);
  if (sql.length === statements.length) {
    const isAdded = names.join() === "comment" && found["comment"] === undefined;
    const phase = names.includes("owner") ? PHASES.owner : phaseOf(id, expected);
    return { how: isAdded ? "additive" : "plan", sql, phase };
  }
  const disposable = disposableRoot(id);
  return (
    (disposable && madeAnew(context, disposable)) ??
    manual(
      sql,
      `no statement puts it back without a loss, or one cannot be sure: look at it first. Expected: ${inWords(expected, names)}`,
    )
  );
}

function madeAnew(context: RepairContext, id: ObjectId): Repair | undefined {
  const sql = makeAnew(context, id);
  const phase = phaseOf(id, propertiesOf(context.expected, id));
  return sql.length === 0 ? undefined : { how: "plan", sql, ...noteOf(kindOf(id.kind)), phase };
}

/** The changed properties in the order in which the kind sets them back. `boundTo` follows from the definition. */
function inOrder({ setBack = {} }: Kind, names: readonly string[]): string[] {
  const order = Object.keys(setBack);
  return names
    .filter((name) => name !== "boundTo" || names.length === 1)
    .sort((a, b) => order.indexOf(a) - order.indexOf(b));
}

function ofOwner(properties: Properties, owner: string): Properties {
  return properties["owner"] === "<owner>" ? { ...properties, owner } : properties;
}
