import type { Constraint, RangeVar } from "libpg-query";
import type { Step } from "../model";
import { formatName } from "../postgres/names";
import { qualifiedName, textsOf, type Tree, type TreeNode } from "../sql/tree";

/** A foreign key that PostgreSQL will refuse: what it refers to is not unique when its step runs. */
export interface UnmetForeignKey {
  readonly stepId: string;
  /** `public.v7_migration_workflow(phase_number)` */
  readonly target: string;
}

interface Found {
  readonly table: string;
  readonly constraint: Tree<Constraint>;
  /** Of a constraint that is part of a column's definition. */
  readonly column?: string;
}

const UNIQUE = ["CONSTR_UNIQUE", "CONSTR_PRIMARY"];

/**
 * The foreign keys of these steps to columns of tables that the same steps create, and that nothing before them has
 * made unique: PostgreSQL would refuse them (SQLSTATE 42830) in the middle of the run.
 */
export function unmetForeignKeys(steps: readonly Step[]): readonly UnmetForeignKey[] {
  const created = new Set<string>();
  const unique = new Set<string>();
  const unmet: UnmetForeignKey[] = [];
  for (const { step, node } of nodesOf(steps)) {
    if (node.CreateStmt !== undefined) {
      created.add(nameOf(node.CreateStmt.relation));
    }
    const found = constraintsOf(node);
    for (const { table, constraint, column } of found.filter((one) =>
      UNIQUE.includes(one.constraint.contype ?? ""),
    )) {
      unique.add(keyOf(table, column === undefined ? textsOf(constraint.keys) : [column]));
    }
    for (const { constraint } of found.filter(
      (one) => one.constraint.contype === "CONSTR_FOREIGN",
    )) {
      const table = nameOf(constraint.pktable);
      const columns = textsOf(constraint.pk_attrs);
      if (created.has(table) && columns.length > 0 && !unique.has(keyOf(table, columns))) {
        unmet.push({ stepId: step.id, target: `${table}(${columns.join(", ")})` });
      }
    }
  }
  return unmet;
}

/** Every statement's tree, with the step that it belongs to, in order. */
function nodesOf(steps: readonly Step[]): { readonly step: Step; readonly node: TreeNode }[] {
  return steps.flatMap((step) => step.statements.map(({ node }) => ({ step, node })));
}

function constraintsOf({ CreateStmt, AlterTableStmt }: TreeNode): Found[] {
  if (CreateStmt !== undefined) {
    return (CreateStmt.tableElts ?? []).flatMap((element) =>
      ofElement(nameOf(CreateStmt.relation), element),
    );
  }
  if (AlterTableStmt !== undefined) {
    const elements = (AlterTableStmt.cmds ?? []).flatMap(
      ({ AlterTableCmd }) => AlterTableCmd?.def ?? [],
    );
    return elements.flatMap((element) => ofElement(nameOf(AlterTableStmt.relation), element));
  }
  return [];
}

function ofElement(
  table: string,
  { ColumnDef: column, Constraint: constraint }: TreeNode,
): Found[] {
  const atColumn = (column?.constraints ?? []).flatMap(({ Constraint: own }) =>
    own === undefined || column === undefined
      ? []
      : [{ table, constraint: own, column: column.colname ?? "" }],
  );
  return constraint === undefined ? atColumn : [...atColumn, { table, constraint }];
}

/** The order of a key's columns does not matter to a foreign key. */
function keyOf(table: string, columns: readonly string[]): string {
  return JSON.stringify([table, [...columns].sort()]);
}

function nameOf(relation: Tree<RangeVar> | undefined): string {
  return formatName(qualifiedName(relation));
}
