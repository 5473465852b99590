import type { QualifiedName, Step } from "../model";
import { formatName } from "../postgres/names";

/** One object that a statement of the directives brings into being, under the snapshot's key for it. */
export interface CreatedObject {
  /** `index public.idx_test_results_status`; a function's without its arguments: `function v7_control.refuse_change`. */
  readonly key: string;
  /** The table that it is on, where it is on one. */
  readonly table?: QualifiedName;
  /** The statement's own bytes. */
  readonly sql: string;
  readonly step: Step;
}

interface RangeVar {
  readonly schemaname?: string;
  readonly relname: string;
}
interface StringNode {
  readonly String: { readonly sval: string };
}
interface Command {
  readonly subtype: string;
  readonly def?: {
    readonly ColumnDef?: { readonly colname: string };
    readonly Constraint?: { readonly conname?: string };
  };
}

/** The parts of PostgreSQL's parse tree that are read here. */
interface Nodes {
  readonly CreateSchemaStmt?: { readonly schemaname: string };
  readonly CreateStmt?: { readonly relation: RangeVar };
  readonly ViewStmt?: { readonly view: RangeVar };
  readonly IndexStmt?: { readonly idxname: string; readonly relation: RangeVar };
  readonly CreateTrigStmt?: { readonly trigname: string; readonly relation: RangeVar };
  readonly AlterTableStmt?: {
    readonly relation: RangeVar;
    readonly cmds: readonly { readonly AlterTableCmd?: Command }[];
  };
  readonly CreateFunctionStmt?: { readonly funcname: readonly StringNode[] };
}
type Named = Pick<CreatedObject, "key" | "table">;

/** Everything that these steps' statements create, in their order, each with the statement that does. */
export function createdObjects(steps: readonly Step[]): readonly CreatedObject[] {
  return steps.flatMap((step) =>
    step.statements.flatMap((statement) =>
      namesIn(statement.node as Nodes).map((named) => ({
        ...named,
        sql: statement.bytes.toString("utf8"),
        step,
      })),
    ),
  );
}

function namesIn(node: Nodes): Named[] {
  const { CreateSchemaStmt, CreateStmt, ViewStmt, IndexStmt, CreateTrigStmt } = node;
  if (CreateSchemaStmt) {
    return [{ key: `schema ${CreateSchemaStmt.schemaname}` }];
  }
  if (CreateStmt) {
    return [{ key: `table ${formatName(qualify(CreateStmt.relation))}` }];
  }
  if (ViewStmt) {
    return [{ key: `view ${formatName(qualify(ViewStmt.view))}` }];
  }
  if (IndexStmt) {
    const table = qualify(IndexStmt.relation);
    return [{ key: `index ${table.schema}.${IndexStmt.idxname}`, table }];
  }
  if (CreateTrigStmt) {
    const table = qualify(CreateTrigStmt.relation);
    return [{ key: `trigger ${formatName(table)}.${CreateTrigStmt.trigname}`, table }];
  }
  return [...alteredIn(node), ...functionIn(node)];
}

function alteredIn({ AlterTableStmt }: Nodes): Named[] {
  if (!AlterTableStmt) {
    return [];
  }
  const table = qualify(AlterTableStmt.relation);
  return AlterTableStmt.cmds.flatMap(({ AlterTableCmd: command }) => {
    const column = command?.def?.ColumnDef?.colname;
    const constraint = command?.def?.Constraint?.conname;
    if (command?.subtype === "AT_AddColumn" && column !== undefined) {
      return [{ key: `column ${formatName(table)}.${column}`, table }];
    }
    return command?.subtype === "AT_AddConstraint" && constraint !== undefined
      ? [{ key: `constraint ${formatName(table)}.${constraint}`, table }]
      : [];
  });
}

function functionIn({ CreateFunctionStmt }: Nodes): Named[] {
  const parts = CreateFunctionStmt?.funcname.map((part) => part.String.sval) ?? [];
  const name = parts.at(-1);
  return name === undefined
    ? []
    : [{ key: `function ${parts.length > 1 ? (parts[0] ?? "") : "public"}.${name}` }];
}

function qualify({ schemaname, relname }: RangeVar): QualifiedName {
  return { schema: schemaname ?? "public", name: relname };
}
