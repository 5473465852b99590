import type { DefinedObjects, QualifiedName, Statement, Step } from "../model";
import { formatName, sameName } from "../postgres/names";

interface RangeVar {
  readonly schemaname?: string;
  readonly relname: string;
}
interface StringNode {
  readonly String: { readonly sval: string };
}
interface AlterTableCommand {
  readonly AlterTableCmd?: {
    readonly subtype: string;
    readonly def?: { readonly ColumnDef?: { readonly colname: string } };
  };
}

/** The parts of PostgreSQL's parse tree that are read here. */
interface Nodes {
  readonly CreateSchemaStmt?: { readonly schemaname: string };
  readonly CreateStmt?: { readonly relation: RangeVar };
  readonly ViewStmt?: { readonly view: RangeVar };
  readonly IndexStmt?: { readonly idxname: string; readonly relation: RangeVar };
  readonly AlterTableStmt?: {
    readonly relation: RangeVar;
    readonly cmds: readonly AlterTableCommand[];
  };
  readonly CreateFunctionStmt?: { readonly funcname: readonly StringNode[] };
}

const DEFAULT_SCHEMA = "public";

/** Everything that these steps define, in their order. */
export function definedObjects(steps: readonly Step[]): DefinedObjects {
  const nodes = steps.flatMap((step) =>
    step.statements.map((statement) => statement.node as Nodes),
  );
  const tables = nodes.flatMap(({ CreateStmt }) =>
    CreateStmt ? [qualify(CreateStmt.relation)] : [],
  );
  const isOurs = (table: QualifiedName): boolean => tables.some((own) => sameName(own, table));
  return {
    schemas: nodes.flatMap(({ CreateSchemaStmt }) =>
      CreateSchemaStmt ? [CreateSchemaStmt.schemaname] : [],
    ),
    tables,
    views: nodes.flatMap(({ ViewStmt }) => (ViewStmt ? [qualify(ViewStmt.view)] : [])),
    indexes: nodes.flatMap(({ IndexStmt }) => {
      const table = IndexStmt && qualify(IndexStmt.relation);
      return table === undefined || isOurs(table)
        ? []
        : [{ schema: table.schema, name: IndexStmt?.idxname ?? "", table }];
    }),
    columns: nodes.flatMap(({ AlterTableStmt }) => {
      const table = AlterTableStmt && qualify(AlterTableStmt.relation);
      return table === undefined || isOurs(table)
        ? []
        : (AlterTableStmt?.cmds ?? []).flatMap(({ AlterTableCmd: command }) => {
            const column =
              command?.subtype === "AT_AddColumn" ? command.def?.ColumnDef?.colname : undefined;
            return column === undefined ? [] : [{ table, column }];
          });
    }),
    functions: nodes.flatMap(({ CreateFunctionStmt }) => {
      const parts = CreateFunctionStmt?.funcname.map((part) => part.String.sval) ?? [];
      const name = parts.at(-1);
      return name === undefined
        ? []
        : [{ schema: parts.length > 1 ? (parts[0] ?? "") : DEFAULT_SCHEMA, name }];
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
    .flatMap((step) => step.statements.map((statement) => (statement.node as Nodes).IndexStmt))
    .flatMap((index) =>
      index ? [{ schema: qualify(index.relation).schema, name: index.idxname }] : [],
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
      names.add(formatName(qualify(value as RangeVar)));
    }
    Object.values(value).forEach(walk);
  };
  walk(node);
  return [...names];
}

function qualify({ schemaname, relname }: RangeVar): QualifiedName {
  return { schema: schemaname ?? DEFAULT_SCHEMA, name: relname };
}
