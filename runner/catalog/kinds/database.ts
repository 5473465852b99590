import { escapeIdentifier } from "pg";
import { quoteId, type Kind } from "./kind";
import { AMONG, NAME_OF, ROUTINE } from "./sql";

/** The session's own database, under a fixed name. It has no reference in SQL that holds on another server. */
export const DATABASE: Kind = {
  kind: "database",
  read: {
    catalog: "pg_database",
    from: "pg_database d",
    where: "d.datname = current_database()",
    oid: "d.oid",
    name: "'<database>'",
    owner: "d.datdba",
    acl: { column: "d.datacl", letter: "'d'" },
    comments: "pg_shdescription",
    properties: {
      connectionLimit: "nullif(d.datconnlimit, -1)::text",
      template: "d.datistemplate",
      closed: "NOT d.datallowconn",
      tablespace: `nullif(${NAME_OF("pg_tablespace", "spcname", "d.dattablespace")}, 'pg_default')`,
    },
  },
  severities: { connectionLimit: "low", tablespace: "low" },
};

export const SCHEMA: Kind = {
  kind: "schema",
  read: {
    catalog: "pg_namespace",
    from: "namespaces n",
    where: "n.oid <> pg_my_temp_schema()",
    oid: "n.oid",
    narrow: AMONG("n.oid"),
    among: ["pg_namespace"],
    name: "n.nspname",
    owner: "n.nspowner",
    acl: { column: "n.nspacl", letter: "'n'" },
    properties: {},
  },
  reference: (id) => `SCHEMA ${quoteId(id)}`,
};

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

export const LANGUAGE: Kind = {
  kind: "language",
  read: {
    catalog: "pg_language",
    from: "pg_language l",
    where: "l.lanispl",
    oid: "l.oid",
    name: "l.lanname",
    owner: "l.lanowner",
    acl: { column: "l.lanacl", letter: "'l'" },
    properties: {
      trusted: "l.lanpltrusted",
      handler: ROUTINE("l.lanplcallfoid"),
      inline: ROUTINE("l.laninline"),
      validator: ROUTINE("l.lanvalidator"),
    },
  },
  reference: (id) => `LANGUAGE ${escapeIdentifier(id.name)}`,
};
