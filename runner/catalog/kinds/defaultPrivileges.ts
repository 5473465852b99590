import type { Kind } from "./kind";
import { WORD } from "./sql";

const OBJECTS = {
  r: "tables",
  S: "sequences",
  f: "functions",
  T: "types",
  n: "schemas",
  L: "large objects",
};

/** Default privileges on a role's new objects; those in a schema are added to the global ones. */
export const DEFAULT_PRIVILEGES: Kind = {
  kind: "default privileges",
  read: {
    catalog: "pg_default_acl",
    from: "pg_default_acl d LEFT JOIN pg_namespace s ON s.oid = d.defaclnamespace",
    oid: "d.oid",
    schema: "s.nspname",
    name: WORD("d.defaclobjtype", OBJECTS),
    of: { catalog: "'pg_authid'", oid: "d.defaclrole" },
    acl: {
      column: "d.defaclacl",
      letter: "CASE d.defaclobjtype WHEN 'S' THEN 's' ELSE d.defaclobjtype END",
      owner: "d.defaclrole",
      adds: true,
    },
    comments: "none",
    properties: {},
  },
  severity: "critical",
};
