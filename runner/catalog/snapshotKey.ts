import type { ObjectId } from "../model";

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
