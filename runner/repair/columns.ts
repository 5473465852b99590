import { escapeIdentifier } from "pg";
import { ARCHIVE_SCHEMA } from "../catalog/archive";
import { orderKey, siblingsIn, type Difference } from "../catalog/compare";
import { kindOf } from "../catalog/kinds";
import { columnDefinition } from "../catalog/kinds/column";
import { quoteId } from "../catalog/kinds/kind";
import { isSameObject, rootOf, titleOf } from "../catalog/kinds/objectId";
import { grantStatements, isGrantOn } from "../directive/grantStatements";
import type { ObjectId } from "../model";
import { usesName } from "../sql/identifiers";
import { entryOf, manual, phaseOf, propertiesOf, type Repair, type RepairContext } from "./context";
import { make, makeAnew } from "./make";

/** Repairs a missing column: all missing columns of its table are added, where that gives the directive's order. */
export function missingColumn(context: RepairContext, id: ObjectId): Repair {
  const { of = id } = id;
  const why = whyNotAdded(context, of);
  if (why !== undefined) {
    const definition = columnDefinition(id, propertiesOf(context.expected, id));
    return manual([], `${why}. Expected: ${definition}; ${expectedOrder(context, id.kind, of)}`);
  }
  const missing = columnsOf(context, of).missing.map((name) => ({ ...id, name }));
  const grants = context.access.grants
    .filter((one) => isGrantOn(one, of))
    .flatMap((grant) => {
      const columns =
        grant.columns?.filter((name) => missing.some((one) => one.name === name)) ?? [];
      return columns.length === 0 ? [] : [{ ...grant, columns }];
    });
  const { whenMade = "" } = kindOf(id.kind);
  return {
    how: "additive",
    sql: [...missing.flatMap((one) => make(context, one)), ...grantStatements({ grants })],
    note: whenMade,
    phase: phaseOf(id, {}),
  };
}

/** Why adding a table's missing columns at its end does not give the expected table; undefined where it does. */
function whyNotAdded(context: RepairContext, of: ObjectId): string | undefined {
  const { wanted, missing, kept, extra } = columnsOf(context, of);
  if (extra.length > 0) {
    const names = extra.map(escapeIdentifier).join(", ");
    return `the table has ${names} instead, or besides: rename it back, or take it away, and look again`;
  }
  return [...kept, ...missing].join() === wanted.join()
    ? undefined
    : "added at the end it would be in another order than the directive's";
}

function columnsOf(
  { expected, live, ids }: RepairContext,
  of: ObjectId,
): Readonly<Record<"wanted" | "missing" | "kept" | "extra", readonly string[]>> {
  const key = orderKey("column", of);
  const wanted = siblingsIn(expected, ids).get(key)?.names ?? [];
  const found = siblingsIn(live, ids).get(key)?.names ?? [];
  return {
    wanted,
    missing: wanted.filter((column) => !found.includes(column)),
    kept: found.filter((column) => wanted.includes(column)),
    extra: found.filter((column) => !wanted.includes(column)),
  };
}

function expectedOrder({ expected, ids }: RepairContext, kind: string, of: ObjectId): string {
  const names = siblingsIn(expected, ids).get(orderKey(kind, of))?.names ?? [];
  return `${kind}s in the order ${names.join(", ")}`;
}

/**
 * The repair of an object whose definition uses a missing column that a person has to restore: it is left until then.
 * Undefined where there is no such column.
 */
export function waitsForColumn(
  context: RepairContext,
  { object, kind, id }: Difference,
): Repair | undefined {
  if (kind === "unexpected") {
    return undefined;
  }
  const entry = Object.values(entryOf(context.expected, object));
  const texts = entry.filter((value) => typeof value === "string");
  const isWrittenWith = (column: string, of: ObjectId): boolean =>
    id !== undefined &&
    id.kind !== "column" &&
    (isView(id) || (id.of !== undefined && isSameObject(id.of, of))) &&
    texts.some((text) => usesName(text, column));
  const column = context.differences.find(
    (one) =>
      one.kind === "missing" &&
      one.id?.kind === "column" &&
      one.id.of !== undefined &&
      !isView(one.id.of) &&
      (object === `privileges ${one.object}` || isWrittenWith(one.id.name, one.id.of)) &&
      whyNotAdded(context, one.id.of) !== undefined,
  );
  return column && manual([], `put ${column.object} right first, by hand`);
}

function isView({ kind }: ObjectId): boolean {
  const { read, isDisposable } = kindOf(kind);
  return read.catalog === "pg_class" && isDisposable === true && kind !== "index";
}

/** Repairs an unexpected column or table: it may hold data, so that a person has to drop it. */
export function unexpectedData(id: ObjectId, drop: readonly string[]): Repair {
  const table = rootOf(id);
  const archive = quoteId({
    schema: ARCHIVE_SCHEMA,
    name: [table, id].map(({ name }) => name).join("_"),
  });
  return manual(
    drop,
    `it may hold data. Archive first: CREATE SCHEMA IF NOT EXISTS ${ARCHIVE_SCHEMA}; CREATE TABLE ${archive} AS SELECT * FROM ${quoteId(table)}`,
  );
}

/** Repairs another order of columns or labels. */
export function changedOrder(context: RepairContext, of: ObjectId, kind: string): Repair {
  const sql = isView(of) ? makeAnew(context, of) : [];
  return sql.length > 0
    ? { how: "plan", sql, phase: phaseOf(of, {}) }
    : manual(
        [],
        `only making them anew, or ${titleOf(of)}, puts ${kind}s in another order. Expected: ${expectedOrder(context, kind, of)}`,
      );
}
