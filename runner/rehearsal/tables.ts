import { grouped } from "../base/grouped";
import type { DescribedCatalog } from "../catalog/describe";
import { formerName, keyOf, qualified } from "../catalog/kinds/objectId";
import { entriesOf } from "../catalog/propertyValue";
import type { CatalogChange, ObjectId, QualifiedName } from "../model";
import { namesIn } from "../sql/identifiers";
import type { TableFacts } from "./reached";
import { textOf, type Surroundings, type SurroundingTable } from "./surroundingsModel";

/** The parts of each object, in their order, by the object's `keyOf(id)`. */
export function partsByOwner(objects: DescribedCatalog): Surroundings["parts"] {
  const owned = [...objects.values()].filter(({ id }) => id.of !== undefined);
  return grouped(owned, ({ id }) => (id.of === undefined ? "" : keyOf(id.of)));
}

/**
 * The tables among these objects. Each is an heir or a partition of others among them only: a part of a table that no step
 * needs is rebuilt alone.
 *
 * @param facts by address
 */
export function tablesOf(
  { objects, parts }: Pick<Surroundings, "objects" | "parts">,
  facts: ReadonlyMap<string, TableFacts>,
  renamed: CatalogChange["renamed"],
): readonly SurroundingTable[] {
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
