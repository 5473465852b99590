import { escapeIdentifier } from "pg";
import type { Kind } from "./kind";
import { NAME_OF } from "./sql";

/** Extensions, without their versions, which depend on the server, and without their members. */
export const EXTENSION: Kind = {
  kind: "extension",
  read: {
    catalog: "pg_extension",
    from: "pg_extension e",
    oid: "e.oid",
    name: "e.extname",
    owner: "e.extowner",
    properties: { schema: NAME_OF("pg_namespace", "nspname", "e.extnamespace") },
  },
  reference: (id) => `EXTENSION ${escapeIdentifier(id.name)}`,
  setBack: {
    schema: (id, value) =>
      `ALTER EXTENSION ${escapeIdentifier(id.name)} SET SCHEMA ${escapeIdentifier(String(value))}`,
  },
};
