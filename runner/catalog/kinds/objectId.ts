import type { CatalogChange, ObjectId, QualifiedName } from "../../model";
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

/** All objects that a change names, by their names before and after it. */
export function idsOf({ added, changed, renamed, removed }: CatalogChange): readonly ObjectId[] {
  const after = [...[...added, ...changed].map(({ id }) => id), ...renamed.map(({ to }) => to)];
  const before = renamed.length === 0 ? [] : after.map((id) => formerId(id, renamed));
  return [...after, ...before, ...removed.map(({ id }) => id)];
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

/** The object's key in a snapshot: `column public.file_audit.v7_target_name`, `index public.idx_test_results_status`. */
export function snapshotKey(id: ObjectId): string {
  const { kind, schema, name, of } = id;
  switch (kind) {
    case "index":
      return `index ${String(of?.schema)}.${name}`;
    case "statistics":
      return `statistics ${String(schema)}.${name} on ${relationName(of)}`;
    case "published table":
      return `publication ${String(of?.name)} of ${relationName(id)}`;
    case "published schema":
      return `publication ${String(of?.name)} of schema ${name}`;
    default:
      return `${kind} ${relationName(of === undefined ? id : of)}${of === undefined ? "" : `.${name}`}`;
  }
}

/** The whole object that this one is part of, a column's table; or the object itself. */
export function rootOf(id: ObjectId): ObjectId {
  return id.of === undefined ? id : rootOf(id.of);
}

function relationName(id: ObjectId | undefined): string {
  return id?.schema === undefined ? String(id?.name) : `${id.schema}.${id.name}`;
}

/** An object's id after a rename of it, of the object that it is part of, or of its schema. */
export function renameId(id: ObjectId, renamed: CatalogChange["renamed"][number]): ObjectId {
  const { from, to } = renamed;
  if (isSameObject(id, from)) {
    return to;
  }
  const of = id.of === undefined ? undefined : renameId(id.of, renamed);
  const schema = from.kind === "schema" && id.schema === from.name ? to.name : id.schema;
  return {
    ...id,
    ...(schema === undefined ? {} : { schema }),
    ...(of === undefined ? {} : { of }),
  };
}

/** The id that an object had before the renames. */
export function formerId(id: ObjectId, renamed: CatalogChange["renamed"]): ObjectId {
  return renamed.reduceRight((now, { from, to }) => renameId(now, { from: to, to: from }), id);
}

/** The ids that the renamed objects had before all of the renames. */
export function renamedBefore(renamed: CatalogChange["renamed"]): readonly ObjectId[] {
  return renamed.map(({ to }) => formerId(to, renamed));
}

/** The id that an object has after the renames. */
export function laterId(id: ObjectId, renamed: CatalogChange["renamed"]): ObjectId {
  return renamed.reduce(renameId, id);
}

/** The name of an object that is in a schema. */
export function qualified({ schema = "", name }: ObjectId): QualifiedName {
  return { schema, name };
}

/** The name that a table had before the renames. */
export function formerName(table: QualifiedName, renamed: CatalogChange["renamed"]): QualifiedName {
  return qualified(formerId({ kind: "table", ...table }, renamed));
}
