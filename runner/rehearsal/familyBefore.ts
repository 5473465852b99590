import { formerId, isSameObject, laterId } from "../catalog/kinds/objectId";
import { entriesOf } from "../catalog/propertyValue";
import type { CatalogChange, CatalogObject, PropertyValue, QualifiedName } from "../model";
import { sameName } from "../postgres/names";
import { namesIn } from "../sql/identifiers";
import type { SurroundingTable } from "./surroundingsModel";

/** The name that a table of the target had before the applied steps. */
export function nameBefore({ renamed }: CatalogChange, name: QualifiedName): QualifiedName {
  const { schema = "", name: before } = formerId({ kind: "table", ...name }, renamed);
  return { schema, name: before };
}

/** Of which tables it was a part or an heir, before steps that attached or detached it. */
export function familyBefore(
  { name, parents, bound }: SurroundingTable,
  change: CatalogChange,
): Pick<SurroundingTable, "parents" | "bound"> {
  const now = laterId({ kind: "table", ...name }, change.renamed);
  const { inherits, bound: moved } =
    change.changed.find(({ id }) => isSameObject(id, now))?.properties ?? {};
  const came = entriesOf(inherits?.to ?? null).map(nameIn);
  const stayed = parents.filter((one) => !came.some((other) => sameName(one, other)));
  return {
    parents: [
      ...stayed.map((one) => nameBefore(change, one)),
      ...entriesOf(inherits?.from ?? null).map(nameIn),
    ],
    bound: moved === undefined ? bound : textOrNull(moved.from),
  };
}

/** The same of a dropped table. */
export function familyParts({
  partitionKey = null,
  bound = null,
  inherits = null,
}: CatalogObject["properties"]): Pick<SurroundingTable, "partitionKey" | "parents" | "bound"> {
  return {
    partitionKey: textOrNull(partitionKey),
    bound: textOrNull(bound),
    parents: entriesOf(inherits).map(nameIn),
  };
}

function textOrNull(value: PropertyValue): string | null {
  return typeof value === "string" ? value : null;
}

/** The name that the server wrote, with its schema. */
function nameIn(text: string): QualifiedName {
  const [schema = "", name = ""] = namesIn(text);
  return { schema, name };
}

/** The tables as heirs and partitions of others among them only: a part of a table that no step needs is rebuilt alone. */
export function amongThem(tables: readonly SurroundingTable[]): readonly SurroundingTable[] {
  return tables.map((table) => {
    const parents = table.parents.filter((parent) =>
      tables.some(({ name }) => sameName(name, parent)),
    );
    return table.bound === null || parents.length > 0
      ? { ...table, parents }
      : {
          ...table,
          parents,
          bound: null,
          others: [...table.others, { kind: "partition bound", name: "" }],
        };
  });
}
