import { escapeIdentifier } from "pg";
import type { ObjectId } from "../../model";
import { quoteOf, type Kind } from "./kind";
import { ATOMS, LATER, ROLE } from "./sql";

const ATTRIBUTE =
  (word: string, without = `NO${word}`): NonNullable<Kind["setBack"]>[string] =>
  (id, value) =>
    `ALTER ROLE ${escapeIdentifier(id.name)} ${value === true ? word : without}`;

/** Of the whole server. Never its password: a directive that sets one changes a row that nothing describes. */
export const SERVER_ROLE: Kind = {
  kind: "role",
  read: {
    catalog: "pg_authid",
    from: "pg_roles r",
    oid: "r.oid",
    name: "CASE r.oid WHEN 10 THEN '<superuser>' ELSE r.rolname::text END",
    comments: "pg_shdescription",
    properties: {
      superuser: "r.rolsuper",
      createRole: "r.rolcreaterole",
      createDatabase: "r.rolcreatedb",
      login: "r.rolcanlogin",
      replication: "r.rolreplication",
      bypassRowSecurity: "r.rolbypassrls",
      noInherit: "NOT r.rolinherit",
      connectionLimit: "nullif(r.rolconnlimit, -1)::text",
      validUntil: "r.rolvaliduntil::text",
    },
  },
  // The last four are what the access snapshot says of a role.
  severities: {
    superuser: "critical",
    createRole: "critical",
    login: "critical",
    replication: "critical",
    bypassRowSecurity: "critical",
    createDatabase: "medium",
    noInherit: "medium",
    connectionLimit: "low",
    validUntil: "low",
    members: "critical",
    memberOf: "critical",
    settings: "medium",
    inherit: "medium",
  },
  reference: (id) => `ROLE ${escapeIdentifier(id.name)}`,
  setBack: {
    superuser: ATTRIBUTE("SUPERUSER"),
    createRole: ATTRIBUTE("CREATEROLE"),
    createDatabase: ATTRIBUTE("CREATEDB"),
    login: ATTRIBUTE("LOGIN"),
    replication: ATTRIBUTE("REPLICATION"),
    bypassRowSecurity: ATTRIBUTE("BYPASSRLS"),
    noInherit: ATTRIBUTE("NOINHERIT", "INHERIT"),
  },
};

/** A role in a role, whoever granted it. 16 and later know more of it than 15. */
export const MEMBERSHIP: Kind = {
  kind: "membership",
  read: {
    catalog: "pg_auth_members",
    from: `(SELECT m.roleid, m.member, bool_or(m.admin_option) AS admin, array_agg(m.grantor) AS grantors,
        bool_or((${LATER("m", "inherit_option")})::boolean) AS inherits, bool_or((${LATER("m", "set_option")})::boolean) AS may_set
      FROM pg_auth_members m GROUP BY m.roleid, m.member) m JOIN pg_roles r ON r.oid = m.member`,
    oid: "m.roleid",
    sub: "m.member",
    name: "CASE r.oid WHEN 10 THEN '<superuser>' ELSE r.rolname::text END",
    of: { catalog: "'pg_authid'", oid: "m.roleid" },
    comments: "none",
    properties: {
      admin: "m.admin",
      inherit: "CASE WHEN m.inherits <> r.rolinherit THEN m.inherits::text END",
      noSet: "NOT m.may_set",
      grantors: `CASE WHEN m.may_set IS NOT NULL THEN ${ATOMS("unnest(m.grantors) o", ROLE("o"))} END`,
    },
  },
  severity: "critical",
  severities: { admin: "critical" },
  drop: (id) => `REVOKE ${quoteOf(id)} FROM ${escapeIdentifier(id.name)}`,
};

/** ALTER ROLE … SET and ALTER DATABASE … SET: of a role, everywhere or in this database; of this database. */
export const SETTINGS: Kind = {
  kind: "settings",
  read: {
    catalog: "pg_db_role_setting",
    from: "pg_db_role_setting s",
    where:
      "s.setdatabase IN (0, (SELECT d.oid FROM pg_database d WHERE d.datname = current_database()))",
    oid: "s.setdatabase",
    sub: "s.setrole",
    name: "CASE s.setdatabase WHEN 0 THEN 'everywhere' ELSE 'here' END",
    of: {
      catalog: "CASE s.setrole WHEN 0 THEN 'pg_database' ELSE 'pg_authid' END",
      oid: "nullif(CASE s.setrole WHEN 0 THEN s.setdatabase ELSE s.setrole END, 0)",
    },
    comments: "none",
    properties: { settings: ATOMS("unnest(s.setconfig) o", "o") },
  },
  severity: "medium",
  drop: resetSettings,
};

/** Those of this database alone have no word in SQL: its name is not said. */
function resetSettings({ name, of }: ObjectId): string | null {
  if (name === "here") {
    return null;
  }
  return `ALTER ROLE ${of === undefined ? "ALL" : escapeIdentifier(of.name)} RESET ALL`;
}
