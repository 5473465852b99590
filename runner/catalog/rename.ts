import type { CatalogChange, ObjectId } from "../model";
import { keyOf } from "./kinds/objectId";

/** An object's id after a rename of it, of the object that it is part of, or of its schema. */
export function renameId(id: ObjectId, renamed: CatalogChange["renamed"][number]): ObjectId {
  const { from, to } = renamed;
  if (keyOf(id) === keyOf(from)) {
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

/** The id that an object has after the renames. */
export function laterId(id: ObjectId, renamed: CatalogChange["renamed"]): ObjectId {
  return renamed.reduce(renameId, id);
}
