import type { Kind } from "./kind";
import { NAME_OF } from "./sql";

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
    acl: { column: "d.datacl", type: "d" },
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
