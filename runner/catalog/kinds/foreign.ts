import { escapeIdentifier } from "pg";
import { quoteOf, type Kind } from "./kind";
import { ATOMS, NAME_OF, ROLE, ROUTINE } from "./sql";

/** A list of options; of those that may hold a secret only the name. */
const PUBLIC_OPTIONS = (column: string): string =>
  ATOMS(
    `unnest(${column}) o`,
    "CASE WHEN split_part(o, '=', 1) ~* 'pass|secret|key|token|credential' THEN split_part(o, '=', 1) ELSE o END",
  );

export const FOREIGN_DATA_WRAPPER: Kind = {
  kind: "foreign-data wrapper",
  read: {
    catalog: "pg_foreign_data_wrapper",
    from: "pg_foreign_data_wrapper f",
    oid: "f.oid",
    name: "f.fdwname",
    owner: "f.fdwowner",
    acl: { column: "f.fdwacl", letter: "'F'" },
    properties: {
      handler: ROUTINE("f.fdwhandler"),
      validator: ROUTINE("f.fdwvalidator"),
      foreignOptions: PUBLIC_OPTIONS("f.fdwoptions"),
    },
  },
  reference: (id) => `FOREIGN DATA WRAPPER ${escapeIdentifier(id.name)}`,
};

export const FOREIGN_SERVER: Kind = {
  kind: "foreign server",
  read: {
    catalog: "pg_foreign_server",
    from: "pg_foreign_server s",
    oid: "s.oid",
    name: "s.srvname",
    owner: "s.srvowner",
    acl: { column: "s.srvacl", letter: "'S'" },
    properties: {
      wrapper: NAME_OF("pg_foreign_data_wrapper", "fdwname", "s.srvfdw"),
      type: "s.srvtype",
      version: "s.srvversion",
      foreignOptions: PUBLIC_OPTIONS("s.srvoptions"),
    },
  },
  grantedOn: (id) => `ON FOREIGN SERVER ${escapeIdentifier(id.name)}`,
  reference: (id) => `SERVER ${escapeIdentifier(id.name)}`,
};

/** User mappings, with only the names of their options. */
export const USER_MAPPING: Kind = {
  kind: "user mapping",
  read: {
    catalog: "pg_user_mapping",
    from: "pg_user_mappings m",
    oid: "m.umid",
    name: `CASE m.umuser WHEN 0 THEN 'PUBLIC' ELSE ${ROLE("m.umuser")} END`,
    of: { catalog: "'pg_foreign_server'", oid: "m.srvid" },
    comments: "none",
    properties: { foreignOptions: ATOMS("unnest(m.umoptions) o", "split_part(o, '=', 1)") },
  },
  drop: (id) =>
    `DROP USER MAPPING FOR ${id.name === "PUBLIC" ? "PUBLIC" : escapeIdentifier(id.name)} SERVER ${quoteOf(id)}`,
};
