import { quoteId, type Kind } from "./kind";
import { IN_SCHEMA } from "./sql";

export const STATISTICS: Kind = {
  kind: "statistics",
  read: {
    catalog: "pg_statistic_ext",
    from: IN_SCHEMA("pg_statistic_ext", "s", "stxnamespace"),
    oid: "s.oid",
    schema: "n.schema",
    name: "s.stxname",
    owner: "s.stxowner",
    properties: {
      definition: "pg_get_statisticsobjdef(s.oid)",
      target: "nullif(s.stxstattarget::text, '-1')",
    },
  },
  covers: ["pg_statistic_ext"],
  severity: "low",
  severities: { definition: "low", target: "low" },
  reference: (id) => `STATISTICS ${quoteId(id)}`,
};
