import { quoteId, type Kind } from "./kind";
import { RELATION } from "./relation";
import { options } from "./setBack";
import { NAME_OF, OPTIONS, WORD } from "./sql";

const VIEW_QUERY = {
  ...RELATION,
  acl: { column: "c.relacl", letter: "'r'" },
  boundTo: {
    catalog: "pg_rewrite",
    oid: "(SELECT w.oid FROM pg_rewrite w WHERE w.ev_class = c.oid AND w.rulename = '_RETURN')",
  },
  properties: {
    definition: "pg_get_viewdef(c.oid, true)",
    persistence: WORD("c.relpersistence", { t: "temporary" }),
    options: OPTIONS("c.reloptions"),
  },
} as const;

export const VIEW: Kind = {
  kind: "view",
  read: { ...VIEW_QUERY, where: "c.relkind = 'v'" },
  covers: ["pg_type", "pg_rewrite", "pg_attribute"],
  severities: { options: "critical" },
  grantedOn: (id) => `ON TABLE ${quoteId(id)}`,
  reference: (id) => `VIEW ${quoteId(id)}`,
  isDisposable: true,
  setBack: { options: options((id, action) => `ALTER VIEW ${quoteId(id)} ${action}`) },
};

export const MATERIALIZED_VIEW: Kind = {
  kind: "materialized view",
  read: {
    ...VIEW_QUERY,
    where: "c.relkind = 'm'",
    boundTo: {
      catalog: "pg_rewrite",
      oid: "(SELECT w.oid FROM pg_rewrite w WHERE w.ev_class = c.oid AND w.rulename = '_RETURN')",
    },
    properties: {
      ...VIEW_QUERY.properties,
      unpopulated: "NOT c.relispopulated",
      accessMethod: `nullif(${NAME_OF("pg_am", "amname", "c.relam")}, 'heap')`,
      tablespace: NAME_OF("pg_tablespace", "spcname", "c.reltablespace"),
    },
  },
  covers: ["pg_type", "pg_rewrite", "pg_attribute"],
  severities: { tablespace: "low", unpopulated: "medium" },
  grantedOn: (id) => `ON TABLE ${quoteId(id)}`,
  reference: (id) => `MATERIALIZED VIEW ${quoteId(id)}`,
  isDisposable: true,
  setBack: {
    options: options((id, action) => `ALTER MATERIALIZED VIEW ${quoteId(id)} ${action}`),
    unpopulated: (id, value) =>
      value === null ? `REFRESH MATERIALIZED VIEW ${quoteId(id)}` : null,
  },
};
