import { escapeIdentifier } from "pg";
import { formerId, formerName, isSameObject, laterId, qualified } from "../catalog/kinds/objectId";
import { entriesOf } from "../catalog/propertyValue";
import type { CatalogChange, ObjectId, PropertyValue, QualifiedName } from "../model";
import { formatName, quote, sameName } from "../postgres/names";
import { namesIn } from "../sql/identifiers";
import { dropped, formerProperties, partsBefore, type Properties } from "./partsBefore";
import { amongThem } from "./rebuildFamily";
import type {
  SurroundingColumn,
  SurroundingConstraint,
  Surroundings,
  SurroundingTable,
} from "./surroundingsModel";

const NO_TABLE: Omit<SurroundingTable, "name" | "owner"> = {
  reference: "",
  columns: [],
  constraints: [],
  indexes: [],
  others: [],
  partitionKey: null,
  bound: null,
  parents: [],
  rows: null,
};

const NO_COLUMN: Omit<SurroundingColumn, "name"> = {
  type: "",
  notNull: false,
  default: null,
  generated: "",
  identity: "",
  isLocal: true,
  isEnum: false,
  width: null,
};

const NO_CONSTRAINT: Omit<SurroundingConstraint, "name"> = {
  type: "",
  columns: [],
  expression: null,
  isLocal: true,
};

/**
 * The tables before the applied steps, with those that the steps dropped, which have no rows.
 *
 * @param tables by their former names
 * @param enums as they were then
 * @param owner the owner of dropped tables
 */
export function tablesBefore(
  tables: readonly SurroundingTable[],
  enums: Surroundings["enums"],
  change: CatalogChange,
  owner: string,
): readonly SurroundingTable[] {
  const enumNames = new Set(enums.flatMap((one) => [formatName(one), quote(one)]));
  const all = [
    ...tables.map((table) => ({ ...table, ...familyBefore(table, change) })),
    ...dropped(change, "table").map(({ id, properties }) => ({
      ...NO_TABLE,
      partitionKey: textOrNull(properties["partitionKey"]),
      bound: textOrNull(properties["bound"]),
      parents: entriesOf(properties["inherits"] ?? null).map(nameIn),
      name: qualified(id),
      owner,
    })),
  ];
  return amongThem(all.map((table) => withPartsBefore(table, change))).map((table) => ({
    ...table,
    columns: table.columns.map((one) => ({ ...one, isEnum: enumNames.has(one.type) })),
  }));
}

function withPartsBefore(table: SurroundingTable, change: CatalogChange): SurroundingTable {
  const of: ObjectId = { kind: "table", ...table.name };
  const now = laterId(of, change.renamed);
  const columnBefore = (name: string): string =>
    formerId({ kind: "column", name, of: now }, change.renamed).name;
  const constraints = table.constraints.map((one) => ({
    ...one,
    columns: one.columns.map(columnBefore),
  }));
  const indexes = table.indexes.map((one) => ({
    ...one,
    definition: onFormer(one.definition, table),
  }));
  // A constraint's index goes with it.
  const removed = change.removed.filter(
    ({ id, properties }) => id.kind !== "index" || properties["constraint"] === undefined,
  );
  const own = { ...change, removed };
  return {
    ...table,
    columns: partsBefore(table.columns, "column", of, own, asColumn, NO_COLUMN),
    constraints: partsBefore(constraints, "constraint", of, own, asConstraint, NO_CONSTRAINT),
    indexes: partsBefore(indexes, "index", of, own, definitionOf, { definition: "" }).map(
      ({ name, definition }) => ({
        name,
        definition: definition.replace(
          INDEX_NAME,
          (_, create: string) => create + escapeIdentifier(name),
        ),
      }),
    ),
  };
}

/** Of which tables it was a part or an heir, before steps that attached or detached it. */
function familyBefore(
  { name, parents, bound }: SurroundingTable,
  change: CatalogChange,
): Pick<SurroundingTable, "parents" | "bound"> {
  const now = laterId({ kind: "table", ...name }, change.renamed);
  const came = change.changed.find(({ id }) => isSameObject(id, now))?.properties["inherits"];
  const former = formerProperties(change, now);
  const added = entriesOf(came?.to ?? null).map(nameIn);
  const stayed = parents.filter((one) => !added.some((other) => sameName(one, other)));
  return {
    parents: [
      ...stayed.map((one) => formerName(one, change.renamed)),
      ...entriesOf(former["inherits"] ?? null).map(nameIn),
    ],
    bound: former["bound"] === undefined ? bound : textOrNull(former["bound"]),
  };
}

function asColumn({
  type,
  notNull,
  default: value,
  generated,
  identity,
  ...rest
}: Properties): Partial<SurroundingColumn> {
  const [kind = "", expression = ""] =
    /^(\w+) (.*)$/s.exec(String(generated ?? ""))?.slice(1) ?? [];
  return {
    ...(typeof type === "string" ? { type } : {}),
    ...(notNull === undefined ? {} : { notNull: notNull === true }),
    ...(value === undefined ? {} : { default: textOrNull(value) }),
    ...(typeof generated === "string" ? { generated: kind.slice(0, 1), default: expression } : {}),
    ...localOf(rest),
    ...(identity === undefined ? {} : { identity: String(identity ?? "").slice(0, 1) }),
  };
}

function asConstraint(properties: Properties): Partial<SurroundingConstraint> {
  return { ...definitionOf(properties), ...localOf(properties) };
}

/** Of a column or constraint, where its inheritance is known. */
function localOf({ inherited, alsoLocal }: Properties): { readonly isLocal?: boolean } {
  return inherited === undefined && alsoLocal === undefined
    ? {}
    : { isLocal: inherited !== true || alsoLocal === true };
}

function definitionOf({ definition }: Properties): { readonly definition?: string } {
  return typeof definition === "string" ? { definition } : {};
}

/** The beginning of the server's own CREATE INDEX, with the name. */
const INDEX_NAME = /^(CREATE (?:UNIQUE )?INDEX )(?:"(?:[^"]|"")*"|\S+)/;

/** The definition of an index with its table's former name. */
function onFormer(definition: string, { reference, name }: SurroundingTable): string {
  return ["ON", "ON ONLY"].reduce(
    (text, on) => text.replace(` ${on} ${reference} USING `, ` ${on} ${quote(name)} USING `),
    definition,
  );
}

function textOrNull(value: PropertyValue | undefined): string | null {
  return typeof value === "string" ? value : null;
}

/** The name that the server wrote, with its schema. */
function nameIn(text: string): QualifiedName {
  const [schema = "", name = ""] = namesIn(text);
  return { schema, name };
}
