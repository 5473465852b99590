import type { Kind } from "./kind";
import { NAME_OF } from "./sql";

/** The one that the session is in, whatever its name. Nobody drops it, and SQL has no word for it. */
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
