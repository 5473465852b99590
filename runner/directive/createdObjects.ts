import type { QualifiedName, Step } from "../model";
import { formatName } from "../postgres/names";
import { qualifiedName, textsOf, type TreeNode } from "../sql/tree";

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

type Named = Pick<CreatedObject, "key" | "table">;

/** Everything that these steps' statements create, in their order, each with the statement that does. */
export function createdObjects(steps: readonly Step[]): readonly CreatedObject[] {
  return steps.flatMap((step) =>
    step.statements.flatMap((statement) =>
      namesIn(statement.node as TreeNode).map((named) => ({
        ...named,
        sql: statement.bytes.toString("utf8"),
        step,
      })),
    ),
  );
}

function namesIn(node: TreeNode): Named[] {
  const { CreateSchemaStmt, CreateStmt, ViewStmt, IndexStmt, CreateTrigStmt } = node;
  if (CreateSchemaStmt) {
    return [{ key: `schema ${CreateSchemaStmt.schemaname ?? ""}` }];
  }
  if (CreateStmt) {
    return [{ key: `table ${formatName(qualifiedName(CreateStmt.relation))}` }];
  }
  if (ViewStmt) {
    return [{ key: `view ${formatName(qualifiedName(ViewStmt.view))}` }];
  }
  if (IndexStmt) {
    const table = qualifiedName(IndexStmt.relation);
    return [{ key: `index ${table.schema}.${IndexStmt.idxname ?? ""}`, table }];
  }
  if (CreateTrigStmt) {
    const table = qualifiedName(CreateTrigStmt.relation);
    return [{ key: `trigger ${formatName(table)}.${CreateTrigStmt.trigname ?? ""}`, table }];
  }
  return [...alteredIn(node), ...functionIn(node)];
}

function alteredIn({ AlterTableStmt }: TreeNode): Named[] {
  if (!AlterTableStmt) {
    return [];
  }
  const table = qualifiedName(AlterTableStmt.relation);
  return (AlterTableStmt.cmds ?? []).flatMap(({ AlterTableCmd: command }) => {
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

function functionIn({ CreateFunctionStmt }: TreeNode): Named[] {
  const [name, schema = "public"] = textsOf(CreateFunctionStmt?.funcname).reverse();
  return name === undefined ? [] : [{ key: `function ${schema}.${name}` }];
}
