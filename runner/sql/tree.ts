import type { Node, RangeVar } from "libpg-query";
import type { QualifiedName } from "../model";

type KindOf<N> = N extends N ? keyof N : never;
type Kind = KindOf<Node>;
type OfKind<K extends Kind> = Extract<Node, Record<K, unknown>>[K];

/**
 * The fields of a kind of node (`Tree<ColumnDef>`), from libpg-query's types. Each node in it is a {@link TreeNode}, so that
 * it can be read by destructuring.
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

/** A relation's schema and name in a statement; the default schema is public, a directive's search path. */
export function qualifiedName(
  relation: Pick<RangeVar, "schemaname" | "relname"> = {},
): QualifiedName {
  return { schema: relation.schemaname ?? "public", name: relation.relname ?? "" };
}

/** The names in a list of name nodes: a key's columns, a qualified name's parts. */
export function textsOf(names: readonly TreeNode[] = []): string[] {
  return names.flatMap(({ String: name }) => name?.sval ?? []);
}
