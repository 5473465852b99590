import { COLUMN } from "./column";
import { CONSTRAINT } from "./constraint";
import { INDEX } from "./indexes";
import type { Kind } from "./kind";
import { SCHEMA } from "./schema";
import { SEQUENCE } from "./sequence";
import { FOREIGN_TABLE, TABLE } from "./table";
import { MATERIALIZED_VIEW, VIEW } from "./view";

/** Every kind of object, in the order in which they can be made: what is dropped goes in the opposite order. */
export const KINDS: readonly Kind[] = [
  SCHEMA,
  SEQUENCE,
  TABLE,
  FOREIGN_TABLE,
  COLUMN,
  CONSTRAINT,
  INDEX,
  VIEW,
  MATERIALIZED_VIEW,
];

const BY_NAME: ReadonlyMap<string, Kind> = new Map(KINDS.map((kind) => [kind.kind, kind]));

/** The descriptor of that name. */
export function kindOf(name: string): Kind {
  const kind = BY_NAME.get(name);
  if (kind === undefined) {
    throw new Error(`no kind of object is named "${name}"`);
  }
  return kind;
}
