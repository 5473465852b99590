import type { RangeVar } from "libpg-query";
import type { DefinedObjects, QualifiedName, Statement, Step } from "../model";
import { formatName, quote } from "../postgres/names";
import { qualifiedName, textsOf, type TreeNode } from "../sql/tree";

/** Everything that these steps define, in their order. */
export function definedObjects(steps: readonly Step[]): DefinedObjects {
  const nodes = steps.flatMap((step) =>
    step.statements.map((statement) => statement.node as TreeNode),
  );
  const tables = nodes.flatMap(({ CreateStmt }) =>
    CreateStmt ? [qualifiedName(CreateStmt.relation)] : [],
  );
  const quoted = new Set(tables.map(quote));
  const isOurs = (table: QualifiedName): boolean => quoted.has(quote(table));
  return {
    schemas: nodes.flatMap(({ CreateSchemaStmt }) =>
      CreateSchemaStmt ? [CreateSchemaStmt.schemaname ?? ""] : [],
    ),
    tables,
    views: nodes.flatMap(({ ViewStmt }) => (ViewStmt ? [qualifiedName(ViewStmt.view)] : [])),
    indexes: nodes.flatMap(({ IndexStmt }) => {
      const table = IndexStmt && qualifiedName(IndexStmt.relation);
      return table === undefined || isOurs(table)
        ? []
        : [{ schema: table.schema, name: IndexStmt?.idxname ?? "", table }];
    }),
    columns: nodes.flatMap(({ AlterTableStmt }) => {
      const table = AlterTableStmt && qualifiedName(AlterTableStmt.relation);
      return table === undefined || isOurs(table)
        ? []
        : (AlterTableStmt?.cmds ?? []).flatMap(({ AlterTableCmd: command }) => {
            const column =
              command?.subtype === "AT_AddColumn" ? command.def?.ColumnDef?.colname : undefined;
            return column === undefined ? [] : [{ table, column }];
          });
    }),
    functions: nodes.flatMap(({ CreateFunctionStmt }) => {
      const [name, schema = "public"] = textsOf(CreateFunctionStmt?.funcname).reverse();
      return name === undefined ? [] : [{ schema, name }];
    }),
  };
}

/** The tables that are ours, and those of others to which columns are added. */
export function tablesOf(objects: DefinedObjects): readonly QualifiedName[] {
  return [...objects.tables, ...alteredTables(objects)];
}

/** The tables of others to which columns are added, each once. */
export function alteredTables({
  columns,
}: Pick<DefinedObjects, "columns">): readonly QualifiedName[] {
  return [...new Map(columns.map(({ table }) => [formatName(table), table])).values()];
}

/** The indexes that these steps create, on whatever table. */
export function definedIndexes(steps: readonly Step[]): readonly QualifiedName[] {
  return steps
    .flatMap((step) => step.statements.map((statement) => (statement.node as TreeNode).IndexStmt))
    .flatMap((index) =>
      index ? [{ schema: qualifiedName(index.relation).schema, name: index.idxname ?? "" }] : [],
    );
}

/** Every relation that a statement names, whatever it does with it: `public.file_audit`. */
export function mentionedRelations({ node }: Pick<Statement, "node">): readonly string[] {
  const names = new Set<string>();
  const walk = (value: unknown): void => {
    if (typeof value !== "object" || value === null) {
      return;
    }
    if ("relname" in value && typeof value.relname === "string") {
      names.add(formatName(qualifiedName(value as RangeVar)));
    }
    Object.values(value).forEach(walk);
  };
  walk(node);
  return [...names];
}
