import { escapeIdentifier } from "pg";
import { formerId, isSameObject, laterId } from "../catalog/kinds/objectId";
import type {
  CatalogChange,
  CatalogObject,
  ObjectId,
  PropertyValue,
  QualifiedName,
} from "../model";
import { formatName, quote } from "../postgres/names";
import { amongThem, familyBefore, familyParts } from "./familyBefore";
import type {
  SurroundingColumn,
  SurroundingConstraint,
  Surroundings,
  SurroundingTable,
} from "./surroundingsModel";

type Properties = Readonly<Record<string, PropertyValue>>;

/** A table's present name on the target, where applied steps may have renamed it. */
export function nameNow({ renamed }: CatalogChange, name: QualifiedName): QualifiedName {
  return qualified(laterId({ kind: "table", ...name }, renamed));
}

/**
 * The target's surroundings as they were before the applied steps, whose statements run again in the rehearsal. Renamed
 * objects have their former names, changed ones their former properties, and dropped ones exist again, without rows. The
 * former state comes from the locks, not from the target.
 *
 * @param tables under their former names
 * @param change of the applied steps
 * @param owner the owner of dropped objects
 */
export function asBefore(
  { tables, enums }: Pick<Surroundings, "tables" | "enums">,
  change: CatalogChange,
  owner: string,
): Pick<Surroundings, "tables" | "enums"> {
  const gone = (kind: string): readonly CatalogObject[] =>
    change.removed.filter(({ id }) => id.kind === kind);
  const formerEnums = [
    ...enums.map((one) => enumBefore(one, change)),
    ...gone("enum").map(({ id }) => ({
      ...qualified(id),
      owner,
      labels: partsOf(change, id, "label").map((label) => label.id.name),
    })),
  ];
  const enumNames = new Set(formerEnums.flatMap((one) => [formatName(one), quote(one)]));
  const formerTables = [
    ...tables.map((table) => tableBefore(table, change)),
    ...gone("table").map(({ id, properties }) => ({
      ...NO_TABLE,
      ...familyParts(properties),
      name: qualified(id),
      owner,
    })),
  ].map((table) => withRemovedParts(table, change));
  return {
    tables: amongThem(formerTables).map((table) => ({
      ...table,
      columns: table.columns.map((one) => ({ ...one, isEnum: enumNames.has(one.type) })),
    })),
    enums: formerEnums,
  };
}

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

function enumBefore<T extends Surroundings["enums"][number]>(one: T, change: CatalogChange): T {
  const now: ObjectId = { kind: "enum", schema: one.schema, name: one.name };
  const labels = one.labels.map((name): ObjectId => ({ kind: "label", name, of: now }));
  return {
    ...one,
    name: formerId(now, change.renamed).name,
    labels: labels
      .filter((label) => !change.added.some(({ id }) => isSameObject(id, label)))
      .map((label) => formerId(label, change.renamed).name),
  };
}

/** An existing table as it was before, without dropped parts. */
function tableBefore(table: SurroundingTable, change: CatalogChange): SurroundingTable {
  const of: ObjectId = { kind: "table", ...nameNow(change, table.name) };
  const before = (
    kind: string,
    name: string,
  ): { readonly name: string; readonly was: Properties } => ({
    name: formerId({ kind, name, of }, change.renamed).name,
    was: formerProperties(change, { kind, name, of }),
  });
  return {
    ...table,
    ...familyBefore(table, change),
    columns: table.columns.map((column) => {
      const { name, was } = before("column", column.name);
      return { ...column, ...columnParts(was), name };
    }),
    constraints: table.constraints.map((one) => {
      const { name, was } = before("constraint", one.name);
      const columns = one.columns.map((column) => before("column", column).name);
      return { ...one, columns, ...definitionOf(was), ...localOf(was), name };
    }),
    indexes: table.indexes.map((index) => {
      const { name, was } = before("index", index.name);
      const definition = definitionOf(was).definition ?? onFormer(index.definition, table);
      return {
        name,
        definition: definition.replace(
          INDEX_NAME,
          (_, create: string) => create + escapeIdentifier(name),
        ),
      };
    }),
  };
}

/** The table with the columns, constraints and indexes that the steps dropped. */
function withRemovedParts(table: SurroundingTable, change: CatalogChange): SurroundingTable {
  const parts = (kind: string): readonly CatalogObject[] =>
    partsOf(change, { kind: "table", ...table.name }, kind);
  return {
    ...table,
    columns: [
      ...table.columns,
      ...parts("column").map(({ id, properties }) => ({
        ...NO_COLUMN,
        ...columnParts(properties),
        name: id.name,
      })),
    ],
    constraints: [
      ...table.constraints,
      ...parts("constraint").map(({ id, properties }) => ({
        name: id.name,
        type: "",
        columns: [],
        expression: null,
        isLocal: true,
        ...definitionOf(properties),
        ...localOf(properties),
      })),
    ],
    indexes: [
      ...table.indexes,
      ...parts("index")
        .filter(({ properties }) => properties["constraint"] === undefined)
        .map(({ id, properties }) => ({
          name: id.name,
          definition: String(properties["definition"]),
        })),
    ],
  };
}

/** Of a column or constraint, where its inheritance is known. */
function localOf({
  inherited,
  alsoLocal,
}: Properties): Partial<Pick<SurroundingColumn, "isLocal">> {
  return inherited === undefined && alsoLocal === undefined
    ? {}
    : { isLocal: inherited !== true || alsoLocal === true };
}

/** A column's catalog properties as fields of a rebuilt column; only those that are given. */
function columnParts({
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
    ...(value === undefined ? {} : { default: typeof value === "string" ? value : null }),
    ...(typeof generated === "string" ? { generated: kind.slice(0, 1), default: expression } : {}),
    ...localOf(rest),
    ...(identity === undefined ? {} : { identity: String(identity ?? "").slice(0, 1) }),
  };
}

function definitionOf({ definition }: Properties): Pick<SurroundingConstraint, "definition"> {
  return typeof definition === "string" ? { definition } : {};
}

/** The beginning of the server's own CREATE INDEX, with the name. */
const INDEX_NAME = /^(CREATE (?:UNIQUE )?INDEX )(?:"(?:[^"]|"")*"|\S+)/;

/** The definition of an unchanged index with its table's former name. */
function onFormer(definition: string, { reference, name }: SurroundingTable): string {
  return ["ON", "ON ONLY"].reduce(
    (text, on) => text.replace(` ${on} ${reference} USING `, ` ${on} ${quote(name)} USING `),
    definition,
  );
}

function formerProperties({ changed }: CatalogChange, now: ObjectId): Properties {
  const found = changed.find(({ id }) => isSameObject(id, now));
  return Object.fromEntries(
    Object.entries(found?.properties ?? {}).map(([name, { from }]) => [name, from]),
  );
}

function partsOf({ removed }: CatalogChange, of: ObjectId, kind: string): readonly CatalogObject[] {
  return removed.filter(
    ({ id }) => id.kind === kind && id.of !== undefined && isSameObject(id.of, of),
  );
}

function qualified({ schema = "", name }: ObjectId): QualifiedName {
  return { schema, name };
}
