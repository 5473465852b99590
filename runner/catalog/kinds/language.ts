import { escapeIdentifier } from "pg";
import type { Kind } from "./kind";
import { ROUTINE } from "./sql";

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
      handler: ROUTINE("l.lanplcallfoid"),
      inline: ROUTINE("l.laninline"),
      validator: ROUTINE("l.lanvalidator"),
    },
  },
  reference: (id) => `LANGUAGE ${escapeIdentifier(id.name)}`,
};
