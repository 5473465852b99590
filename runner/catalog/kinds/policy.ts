import { escapeIdentifier } from "pg";
import { quoteOf, type Kind } from "./kind";
import { ATOMS, IN_SCHEMA, ROLE, WORD } from "./sql";

export const POLICY: Kind = {
  kind: "policy",
  read: {
    catalog: "pg_policy",
    from: `${IN_SCHEMA("pg_class", "c", "relnamespace")} JOIN pg_policy p ON p.polrelid = c.oid`,
    oid: "p.oid",
    name: "p.polname",
    of: { catalog: "'pg_class'", oid: "c.oid" },
    properties: {
      command: WORD("p.polcmd", { r: "SELECT", a: "INSERT", w: "UPDATE", d: "DELETE" }),
      restrictive: "NOT p.polpermissive",
      roles: ATOMS("unnest(p.polroles) o", `CASE o WHEN 0 THEN 'PUBLIC' ELSE ${ROLE("o")} END`),
      using: "pg_get_expr(p.polqual, p.polrelid)",
      check: "pg_get_expr(p.polwithcheck, p.polrelid)",
    },
  },
  covers: ["pg_policy"],
  severity: "critical",
  severities: {
    restrictive: "critical",
    roles: "critical",
    using: "critical",
    check: "critical",
  },
  reference: (id) => `POLICY ${escapeIdentifier(id.name)} ON ${quoteOf(id)}`,
};
