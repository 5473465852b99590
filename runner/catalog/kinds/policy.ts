import { escapeIdentifier } from "pg";
import { quoteOf, type Kind } from "./kind";
import { onRelation } from "./relation";
import { ATOMS, ROLE, WORD } from "./sql";

export const POLICY: Kind = {
  kind: "policy",
  read: {
    ...onRelation("pg_policy", "p", "polrelid"),
    name: "p.polname",
    boundTo: { catalog: "pg_policy", oid: "p.oid" },
    properties: {
      command: WORD("p.polcmd", { r: "SELECT", a: "INSERT", w: "UPDATE", d: "DELETE" }),
      restrictive: "NOT p.polpermissive",
      roles: ATOMS("unnest(p.polroles) o", `CASE o WHEN 0 THEN 'PUBLIC' ELSE ${ROLE("o")} END`),
      using: "pg_get_expr(p.polqual, p.polrelid, true)",
      check: "pg_get_expr(p.polwithcheck, p.polrelid, true)",
    },
  },
  severity: "critical",
  severities: {
    restrictive: "critical",
    roles: "critical",
    using: "critical",
    check: "critical",
  },
  reference: (id) => `POLICY ${escapeIdentifier(id.name)} ON ${quoteOf(id)}`,
  isDisposable: true,
};
