import type { Constraint, RangeVar, TypeName } from "libpg-query";
import type { Step } from "../../model";
import type { Mark, Picture, PictureTable, Relation } from "../../pages/picture/picture";
import { formatName } from "../../postgres/names";
import { qualifiedName, textsOf, type Tree, type TreeNode } from "../../sql/tree";
import type { Trees } from "../trees";

interface MutableTable {
  readonly name: string;
  kind: PictureTable["kind"];
  readonly columns: Map<string, { type: string; marks: Set<Mark> }>;
}

/** The tables and relations of the steps' statements, in their order, as data for a drawing. */
export function pictureOf(steps: readonly Step[], trees: Trees): Picture {
  const tables = new Map<string, MutableTable>();
  const relations: Relation[] = [];
  for (const statement of steps.flatMap(({ statements }) => statements)) {
    addStatement(tables, relations, trees(statement));
  }
  for (const { to, toColumn } of relations) {
    const other = tableOf(tables, to, "other");
    if (toColumn !== undefined) {
      columnOf(other, toColumn);
    }
  }
  return {
    tables: [...tables.values()].map(({ name, kind, columns }) => ({
      name,
      kind,
      columns: [...columns].map(([column, { type, marks }]) => ({
        name: column,
        type,
        marks: [...marks],
      })),
    })),
    relations,
  };
}

function addStatement(
  tables: Map<string, MutableTable>,
  relations: Relation[],
  { CreateStmt, AlterTableStmt, IndexStmt, ViewStmt }: TreeNode,
): void {
  if (CreateStmt !== undefined) {
    const table = tableOf(tables, nameOf(CreateStmt.relation), "table");
    addElements(table, relations, CreateStmt.tableElts ?? []);
  }
  if (AlterTableStmt !== undefined) {
    const elements = (AlterTableStmt.cmds ?? []).flatMap(
      ({ AlterTableCmd }) => AlterTableCmd?.def ?? [],
    );
    addElements(tableOf(tables, nameOf(AlterTableStmt.relation), "altered"), relations, elements);
  }
  if (IndexStmt !== undefined) {
    const table = tableOf(tables, nameOf(IndexStmt.relation), "other");
    for (const name of (IndexStmt.indexParams ?? []).flatMap(
      ({ IndexElem }) => IndexElem?.name ?? [],
    )) {
      columnOf(table, name).marks.add("IX");
    }
  }
  if (ViewStmt !== undefined) {
    const view = tableOf(tables, nameOf(ViewStmt.view), "view");
    for (const target of ViewStmt.query?.SelectStmt?.targetList ?? []) {
      columnOf(view, outputName(target));
    }
    relations.push(
      ...sourcesOf(ViewStmt.query).map((to) => ({ kind: "reads" as const, from: view.name, to })),
    );
  }
}

function addElements(
  table: MutableTable,
  relations: Relation[],
  elements: readonly TreeNode[],
): void {
  for (const { ColumnDef: column, Constraint: constraint } of elements) {
    if (column !== undefined) {
      const name = column.colname ?? "";
      columnOf(table, name).type = column.typeName === undefined ? "" : typeName(column.typeName);
      for (const own of (column.constraints ?? []).flatMap(({ Constraint }) => Constraint ?? [])) {
        addConstraint(table, relations, own, [name]);
      }
    }
    if (constraint !== undefined) {
      addConstraint(table, relations, constraint, textsOf(constraint.fk_attrs ?? constraint.keys));
    }
  }
}

const MARKS: Readonly<Record<string, Mark>> = {
  CONSTR_PRIMARY: "PK",
  CONSTR_UNIQUE: "UQ",
  CONSTR_FOREIGN: "FK",
};

function addConstraint(
  table: MutableTable,
  relations: Relation[],
  { contype, pktable, pk_attrs }: Tree<Constraint>,
  columns: readonly string[],
): void {
  const mark = MARKS[contype ?? ""];
  if (mark !== undefined) {
    for (const column of columns) {
      columnOf(table, column).marks.add(mark);
    }
  }
  if (pktable !== undefined) {
    const [fromColumn] = columns;
    const [toColumn] = textsOf(pk_attrs);
    relations.push({
      kind: "foreign key",
      from: table.name,
      to: nameOf(pktable),
      ...(fromColumn === undefined ? {} : { fromColumn }),
      ...(toColumn === undefined ? {} : { toColumn }),
    });
  }
}

/** The tables and views that a query reads, also in subqueries; without the names that WITH defines. */
function sourcesOf(query: unknown): string[] {
  const found = new Set<string>();
  const common = new Set<string>();
  const walk = (node: unknown): void => {
    if (typeof node !== "object" || node === null) {
      return;
    }
    for (const [key, value] of Object.entries(node)) {
      if (key === "ctename") {
        common.add(`public.${value}`);
      }
      if (key === "RangeVar") {
        found.add(nameOf(value as Tree<RangeVar>));
      }
      walk(value);
    }
  };
  walk(query);
  return [...found].filter((name) => !common.has(name));
}

/** PostgreSQL's name for an output column; `?column?` where it has none. */
function outputName({ ResTarget: target }: TreeNode): string {
  const last = target?.val?.ColumnRef?.fields?.at(-1);
  return target?.name ?? last?.String?.sval ?? (last?.A_Star === undefined ? "?column?" : "*");
}

function tableOf(
  tables: Map<string, MutableTable>,
  name: string,
  kind: PictureTable["kind"],
): MutableTable {
  const known = tables.get(name);
  if (known !== undefined) {
    known.kind = known.kind === "other" ? kind : known.kind;
    return known;
  }
  const table = { name, kind, columns: new Map<string, { type: string; marks: Set<Mark> }>() };
  tables.set(name, table);
  return table;
}

function columnOf(table: MutableTable, name: string): { type: string; marks: Set<Mark> } {
  const known = table.columns.get(name);
  if (known !== undefined) {
    return known;
  }
  const column = { type: "", marks: new Set<Mark>() };
  table.columns.set(name, column);
  return column;
}

function nameOf(relation: Tree<RangeVar> | undefined): string {
  return formatName(qualifiedName(relation));
}

/** The SQL names of types, by the names that the parser returns. */
const WRITTEN: Readonly<Record<string, string>> = {
  int2: "smallint",
  int4: "integer",
  int8: "bigint",
  float4: "real",
  float8: "double precision",
  bool: "boolean",
  bpchar: "char",
};

/** The type's name as a directive writes it: `varchar(100)[]`. */
function typeName({ names = [], typmods = [], arrayBounds = [] }: Tree<TypeName>): string {
  const parts = textsOf(names);
  const isBuiltIn = parts[0] === "pg_catalog";
  const last = parts.at(-1) ?? "";
  const base = isBuiltIn || parts.length === 1 ? (WRITTEN[last] ?? last) : parts.join(".");
  const modifiers = typmods.flatMap(({ A_Const }) =>
    A_Const?.ival === undefined ? [] : [String(A_Const.ival.ival ?? 0)],
  );
  // For an interval the parser returns its fields as bits, which mean nothing to a reader.
  const bracketed = modifiers.length === 0 || last === "interval" ? "" : `(${modifiers.join(",")})`;
  return `${base}${bracketed}${"[]".repeat(arrayBounds.length)}`;
}
