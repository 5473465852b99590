import { escapeIdentifier as id } from "pg";
import type { CatalogChange, ObjectId, QualifiedName } from "../model";
import { sameName } from "../postgres/names";
import type { SurroundingColumn, Surroundings, SurroundingTable } from "./surroundingsModel";

/** The name that a relation has on the target, where steps that ran there renamed it. */
export function nameNow({ renamed }: CatalogChange, name: QualifiedName): QualifiedName {
  const found = renamed.find(({ from }) => from.kind === "table" && isNamed(from, name));
  return found === undefined ? name : { schema: found.to.schema ?? "", name: found.to.name };
}

/**
 * The target's surroundings as they were before the steps that ran there, whose statements run again in the rehearsal:
 * columns under their former names, those that were taken away there again, enums with their former values.
 *
 * @param change what those steps did
 */
export function asBefore(
  { tables, enums }: Pick<Surroundings, "tables" | "enums">,
  change: CatalogChange,
): Pick<Surroundings, "tables" | "enums"> {
  return {
    tables: tables.map((table) => ({
      ...table,
      columns: [
        ...table.columns.map((column) => ({
          ...column,
          name: formerName(change, "column", table.name, column.name),
        })),
        ...removedColumns(change, table),
      ],
      constraints: table.constraints.map((one) => ({
        ...one,
        name: formerName(change, "constraint", table.name, one.name),
      })),
      indexes: table.indexes.map(({ name, definition }) => {
        const former = formerName(change, "index", table.name, name);
        return {
          name: former,
          definition: definition.replace(INDEX_NAME, (_, create: string) => create + id(former)),
        };
      }),
    })),
    enums: enums.map((one) => ({
      ...one,
      labels: one.labels
        .filter((label) => !change.added.some((added) => isOn(added.id, "label", one, label)))
        .map((label) => formerName(change, "label", one, label)),
    })),
  };
}

/** Where the server's own CREATE INDEX has the name. */
const INDEX_NAME = /^(CREATE (?:UNIQUE )?INDEX )(?:"(?:[^"]|"")*"|\S+)/;

function formerName(
  { renamed }: CatalogChange,
  kind: string,
  of: QualifiedName,
  name: string,
): string {
  return renamed.find(({ to }) => isOn(to, kind, of, name))?.from.name ?? name;
}

function removedColumns(
  { removed }: CatalogChange,
  { name }: SurroundingTable,
): readonly SurroundingColumn[] {
  return removed.flatMap(({ id: gone, properties }) =>
    isOn(gone, "column", name, gone.name)
      ? [
          {
            name: gone.name,
            type: String(properties["type"]),
            notNull: properties["notNull"] === true,
            default: typeof properties["default"] === "string" ? properties["default"] : null,
            generated: "",
            identity: "",
            isEnum: false,
            width: null,
          },
        ]
      : [],
  );
}

function isOn(object: ObjectId, kind: string, of: QualifiedName, name: string): boolean {
  return (
    object.kind === kind &&
    object.name === name &&
    object.of !== undefined &&
    isNamed(object.of, of)
  );
}

function isNamed({ schema = "", name }: ObjectId, other: QualifiedName): boolean {
  return sameName({ schema, name }, other);
}
