import { quoteId, type Kind } from "./kind";
import { AMONG } from "./sql";

export const SCHEMA: Kind = {
  kind: "schema",
  read: {
    catalog: "pg_namespace",
    from: "namespaces n",
    where: "n.oid <> pg_my_temp_schema()",
    oid: "n.oid",
    narrow: AMONG("n.oid"),
    name: "n.nspname",
    owner: "n.nspowner",
    acl: { column: "n.nspacl", type: "n" },
    properties: {},
  },
  reference: (id) => `SCHEMA ${quoteId(id)}`,
};
