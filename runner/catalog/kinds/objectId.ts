import type { ObjectId } from "../../model";
import { kindOf } from "./index";

const PLAIN = /^[a-z_][a-z0-9_$]*$/;

/** One text for each object, and no two for one: `column id of table public.file_audit`. Only a person takes it apart. */
export function keyOf({ kind, schema, name, of }: ObjectId): string {
  const named = schema === undefined ? plain(name) : `${plain(schema)}.${plain(name)}`;
  return `${kind} ${named}${of === undefined ? "" : ` of ${keyOf(of)}`}`;
}

/** Whether one is on the other, or on what is on it: a column on its table. */
export function isOn({ of }: ObjectId, other: ObjectId): boolean {
  return of !== undefined && (keyOf(of) === keyOf(other) || isOn(of, other));
}

/** How a person calls it. */
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
