import type { Node, RangeVar } from "libpg-query";
import type { QualifiedName } from "../model";

type KindOf<N> = N extends N ? keyof N : never;
type Kind = KindOf<Node>;
type OfKind<K extends Kind> = Extract<Node, Record<K, unknown>>[K];

/**
 * What a node of a kind holds (`Tree<ColumnDef>`), as the types that libpg-query brings describe it; read by
 * destructuring, since each node inside is a {@link TreeNode}.
 */
export type Tree<T> = [T] extends [Node | undefined]
  ? TreeNode
  : T extends readonly (infer One)[]
    ? readonly Tree<One>[]
    : T extends object
      ? { readonly [Field in keyof T]: Tree<T[Field]> }
      : T;

/** A node of PostgreSQL's parse tree: an object whose one key is its kind. */
export type TreeNode = { readonly [K in Kind]?: Tree<OfKind<K>> };

/** The schema and the name that a statement gives a relation; a directive's search path is public. */
export function qualifiedName(relation: Pick<RangeVar, "schemaname" | "relname"> = {}): QualifiedName {
  return { schema: relation.schemaname ?? "public", name: relation.relname ?? "" };
}

/** The texts of a list of names: a key's columns, a qualified name's parts. */
export function textsOf(names: readonly TreeNode[] = []): string[] {
  return names.flatMap(({ String: name }) => name?.sval ?? []);
}
