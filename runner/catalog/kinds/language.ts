import { escapeIdentifier } from "pg";
import type { Kind } from "./kind";

const FUNCTION = (column: string): string =>
  `CASE WHEN ${column} <> 0 THEN ${column}::regprocedure::text END`;

export const LANGUAGE: Kind = {
  kind: "language",
  read: {
    catalog: "pg_language",
    from: "pg_language l",
    where: "l.lanispl",
    oid: "l.oid",
    name: "l.lanname",
    owner: "l.lanowner",
    acl: { column: "l.lanacl", type: "l" },
    properties: {
      trusted: "l.lanpltrusted",
      handler: FUNCTION("l.lanplcallfoid"),
      inline: FUNCTION("l.laninline"),
      validator: FUNCTION("l.lanvalidator"),
    },
  },
  covers: ["pg_language"],
  severity: "high",
  reference: (id) => `LANGUAGE ${escapeIdentifier(id.name)}`,
};
