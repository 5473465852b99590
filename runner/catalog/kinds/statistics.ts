import { quoteId, type Kind } from "./kind";
import { AMONG, IN_SCHEMA } from "./sql";

export const STATISTICS: Kind = {
  kind: "statistics",
  read: {
    catalog: "pg_statistic_ext",
    from: IN_SCHEMA("pg_statistic_ext", "s", "stxnamespace"),
    oid: "s.oid",
    schema: "n.schema",
    name: "s.stxname",
    of: { catalog: "'pg_class'", oid: "s.stxrelid" },
    narrow: AMONG("s.stxrelid"),
    among: ["pg_class"],
    owner: "s.stxowner",
    properties: {
      definition: "pg_get_statisticsobjdef(s.oid)",
      target: "nullif(s.stxstattarget::text, '-1')",
    },
  },
  severity: "low",
  severities: { definition: "low", target: "low" },
  reference: (id) => `STATISTICS ${quoteId(id)}`,
  isDisposable: true,
  setBack: {
    target: (id, value) =>
      `ALTER STATISTICS ${quoteId(id)} SET STATISTICS ${typeof value === "string" ? value : "-1"}`,
  },
};
