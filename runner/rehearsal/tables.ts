import type { DescribedCatalog } from "../catalog/describe";
import { formerName, keyOf, qualified } from "../catalog/kinds/objectId";
import { entriesOf } from "../catalog/propertyValue";
import type { CatalogChange, CatalogObject, ObjectId, QualifiedName } from "../model";
import { namesIn } from "../sql/identifiers";
import type { TableFacts } from "./reached";
import { textOf, type SurroundingTable } from "./surroundingsModel";

/**
 * The tables among these objects. Each is an heir or a partition of others among them only: a part of a table that no step
 * needs is rebuilt alone.
 *
 * @param facts by address
 */
export function tablesOf(
  objects: DescribedCatalog,
  facts: ReadonlyMap<string, TableFacts>,
  renamed: CatalogChange["renamed"],
): readonly SurroundingTable[] {
  const parts = new Map<string, CatalogObject[]>();
  for (const object of objects.values()) {
    if (object.id.of !== undefined) {
      const of = keyOf(object.id.of);
      const known = parts.get(of) ?? [];
      known.push(object);
      parts.set(of, known);
    }
  }
  const tables = [...objects.values()].filter(({ id }) => id.kind === "table");
  return tables.map((table): SurroundingTable => {
    const { rows = null, widths = {} } = facts.get(table.address ?? "") ?? {};
    const own = parts.get(keyOf(table.id)) ?? [];
    const parents = parentsOf(objects, table.id, renamed).filter((parent) =>
      objects.has(keyOf({ kind: "table", ...parent })),
    );
    return {
      ...table,
      name: qualified(table.id),
      owner: textOf(table, "owner") ?? "",
      columns: own.filter(({ id }) => id.kind === "column"),
      constraints: own.filter(({ id }) => id.kind === "constraint"),
      others: own.filter(({ id }) => id.kind !== "column" && id.kind !== "constraint"),
      partitionKey: textOf(table, "partitionKey"),
      bound: parents.length === 0 ? null : textOf(table, "bound"),
      parents,
      rows,
      widths,
    };
  });
}

/**
 * The tables from which a table inherits.
 *
 * @param renamed by the applied steps: a parent that no lock knows has its later name in the description
 */
export function parentsOf(
  objects: DescribedCatalog,
  table: ObjectId,
  renamed: CatalogChange["renamed"],
): readonly QualifiedName[] {
  return entriesOf(objects.get(keyOf(table))?.properties["inherits"] ?? null).map((text) => {
    const [schema = "", name = ""] = namesIn(text);
    return objects.has(keyOf({ kind: "table", schema, name }))
      ? { schema, name }
      : formerName({ schema, name }, renamed);
  });
}
