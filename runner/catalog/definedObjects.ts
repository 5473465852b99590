import { objectTypeOf } from "../directive/objectType";
import type { CatalogObject, ColumnName, DefinedObjects, QualifiedName, Step } from "../model";
import { formatName } from "../postgres/names";
import { formerName, keyOf, qualified, rootOf } from "./kinds/objectId";
import { changeOf } from "./lockedChange";

/** Relations that show rows of others. */
const VIEW_KINDS: readonly string[] = ["view", "materialized view", "foreign table"];

/** The objects that these steps make, by their locks. */
export function definedObjects(steps: readonly Step[]): DefinedObjects {
  const change = changeOf(steps);
  const { added } = change;
  const own = new Set(added.map(({ id }) => keyOf(id)));
  const named = (kinds: readonly string[]): QualifiedName[] =>
    added.filter(({ id }) => kinds.includes(id.kind)).map(({ id }) => qualified(id));
  return {
    change,
    schemas: added.filter(({ id }) => id.kind === "schema").map(({ id }) => id.name),
    tables: named(["table"]),
    views: named(VIEW_KINDS),
    granted: added.flatMap(({ id }) => {
      const objectType = objectTypeOf(id);
      return objectType === undefined || objectType === "schema" || id.of !== undefined
        ? []
        : [{ objectType, ...qualified(id) }];
    }),
    columns: added.filter(({ id }) => !own.has(keyOf(rootOf(id)))).flatMap(columnOf),
  };
}

function columnOf({ id }: CatalogObject): ColumnName[] {
  return id.kind === "column" && id.of?.kind === "table"
    ? [{ table: qualified(id.of), column: id.name }]
    : [];
}

/** A routine's name without its arguments and quotes: an id has it as SQL, `"a b"(integer)`. */
export function baseName(routine: string): string {
  const quoted = /^"((?:[^"]|"")*)"\(/.exec(routine)?.[1];
  return quoted?.replaceAll('""', '"') ?? routine.slice(0, routine.indexOf("("));
}

/** The steps' own tables, and those of others to which they add columns. */
export function tablesOf(objects: DefinedObjects): readonly QualifiedName[] {
  return [...objects.tables, ...alteredTables(objects)];
}

/** The tables of others to which the steps add columns, each once. */
export function alteredTables({
  columns,
}: Pick<DefinedObjects, "columns">): readonly QualifiedName[] {
  return [...new Map(columns.map(({ table }) => [formatName(table), table])).values()];
}

/** {@link alteredTables} by their names before these steps. */
export function alteredTablesBefore(objects: DefinedObjects): readonly QualifiedName[] {
  return alteredTables(objects).map((table) => formerName(table, objects.change.renamed));
}

/** The indexes that these steps create, on any table, without those of constraints. */
export function definedIndexes(steps: readonly Step[]): readonly QualifiedName[] {
  return changeOf(steps).added.flatMap(({ id, properties }) =>
    id.kind === "index" && properties["constraint"] === undefined
      ? [{ schema: id.of?.schema ?? "", name: id.name }]
      : [],
  );
}
