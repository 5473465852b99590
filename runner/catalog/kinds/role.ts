import { escapeIdentifier } from "pg";
import type { ObjectId } from "../../model";
import { quoteOf, type Kind } from "./kind";
import { ATOMS, OPTIONAL_COLUMN, ROLE } from "./sql";

const ATTRIBUTE =
  (word: string, without = `NO${word}`): NonNullable<Kind["setBack"]>[string] =>
  (id, value) =>
    `ALTER ROLE ${escapeIdentifier(id.name)} ${value === true ? word : without}`;

/** Roles of the whole server, without passwords: `lock` refuses a directive that sets one, as no kind describes it. */
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
  // The last four are properties of a role in the access snapshot only.
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

/** A role's membership in another role; grants by several grantors count as one. 16 and later have options that 15 lacks. */
export const MEMBERSHIP: Kind = {
  kind: "membership",
  read: {
    catalog: "pg_auth_members",
    from: `(SELECT m.roleid, m.member, bool_or(m.admin_option) AS admin, array_agg(m.grantor) AS grantors,
        bool_or((${OPTIONAL_COLUMN("m", "inherit_option")})::boolean) AS inherits, bool_or((${OPTIONAL_COLUMN("m", "set_option")})::boolean) AS may_set
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

/** Settings of ALTER ROLE … SET, in all databases or in this one, and of ALTER DATABASE … SET. */
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

/** Settings in this database cannot be reset without the database's name, which an id does not have. */
function resetSettings({ name, of }: ObjectId): string | null {
  if (name === "here") {
    return null;
  }
  return `ALTER ROLE ${of === undefined ? "ALL" : escapeIdentifier(of.name)} RESET ALL`;
}
