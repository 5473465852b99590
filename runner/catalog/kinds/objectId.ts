import type { CatalogChange, ObjectId } from "../../model";
import { kindOf } from "./index";

const PLAIN = /^[a-z_][a-z0-9_$]*$/;

/** A unique text for each object, `column id of table public.file_audit`. Code must not parse it. */
export function keyOf({ kind, schema, name, of }: ObjectId): string {
  const named = schema === undefined ? plain(name) : `${plain(schema)}.${plain(name)}`;
  return `${kind} ${named}${of === undefined ? "" : ` of ${keyOf(of)}`}`;
}

export function isSameObject(one: ObjectId, other: ObjectId): boolean {
  return keyOf(one) === keyOf(other);
}

/** All objects that a change names; those that it renames by both names. */
export function idsOf({ added, changed, renamed, removed }: CatalogChange): readonly ObjectId[] {
  return [
    ...[...added, ...changed, ...removed].map(({ id }) => id),
    ...renamed.flatMap(({ from, to }) => [from, to]),
  ];
}

/** Whether the first object is part of the other one, directly or not: a column of its table. */
export function isOn({ of }: ObjectId, other: ObjectId): boolean {
  return of !== undefined && (isSameObject(of, other) || isOn(of, other));
}

/** The object's name for messages. */
export function titleOf(id: ObjectId): string {
  const own = kindOf(id.kind).title?.(id);
  if (own !== undefined) {
    return own;
  }
  const named = id.schema === undefined ? id.name : `${id.schema}.${id.name}`;
  return `${id.kind} ${named}${id.of === undefined ? "" : ` of ${titleOf(id.of)}`}`;
}

function plain(name: string): string {
  return PLAIN.test(name) ? name : JSON.stringify(name);
}
