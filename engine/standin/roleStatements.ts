import type { Role } from "./roleShape";
import { literal, name, names } from "./sql";

/** CREATE ROLE and what follows it, in order. */
export function createRoleStatements(role: Role): string[] {
  const password = role.password ?? role.passwordWo;
  const options = [
    ...(password === undefined || password === "" ? [] : [passwordOption(password)]),
    `VALID UNTIL ${literal(role.validUntil)}`,
    `CONNECTION LIMIT ${String(role.connectionLimit)}`,
    ...FLAGS.map((flag) => flagOption(role, flag)),
  ];
  return [
    `CREATE ROLE ${name(role.name)} WITH ${options.join(" ")}`,
    ...role.roles.map((one) => `GRANT ${name(one)} TO ${name(role.name)}`),
    ...settingStatements(role),
  ];
}

/**
 * What turns the one into the other. Only what differs is named: before PostgreSQL 16, one who is no superuser may not
 * even repeat some of a role's attributes.
 */
export function updateRoleStatements(old: Role, role: Role): string[] {
  const statements: string[] = [];
  const isRenamed = old.name !== role.name;
  if (isRenamed) {
    statements.push(`ALTER ROLE ${name(old.name)} RENAME TO ${name(role.name)}`);
  }
  const options = FLAGS.filter(([key]) => old[key] !== role[key]).map((one) =>
    flagOption(role, one),
  );
  if (old.connectionLimit !== role.connectionLimit) {
    options.push(`CONNECTION LIMIT ${String(role.connectionLimit)}`);
  }
  if (old.validUntil !== role.validUntil) {
    options.push(`VALID UNTIL ${literal(role.validUntil)}`);
  }
  options.push(...passwordChange(old, role, isRenamed));
  if (options.length > 0) {
    statements.push(`ALTER ROLE ${name(role.name)} WITH ${options.join(" ")}`);
  }
  const revoked = old.roles.filter((one) => !role.roles.includes(one));
  const granted = role.roles.filter((one) => !old.roles.includes(one));
  statements.push(...revoked.map((one) => `REVOKE ${name(one)} FROM ${name(role.name)}`));
  statements.push(...granted.map((one) => `GRANT ${name(one)} TO ${name(role.name)}`));
  return [...statements, ...settingStatements(role, old)];
}

type Flag = readonly [
  key:
    | "superuser"
    | "createDatabase"
    | "createRole"
    | "inherit"
    | "login"
    | "bypassRowLevelSecurity"
    | "replication",
  keyword: string,
];

const FLAGS: readonly Flag[] = [
  ["superuser", "SUPERUSER"],
  ["createDatabase", "CREATEDB"],
  ["createRole", "CREATEROLE"],
  ["inherit", "INHERIT"],
  ["login", "LOGIN"],
  ["bypassRowLevelSecurity", "BYPASSRLS"],
  ["replication", "REPLICATION"],
];

function flagOption(role: Role, [key, keyword]: Flag): string {
  return role[key] ? keyword : `NO${keyword}`;
}

/** A verifier (`SCRAM-SHA-256$…`) passes as it is; plain text reaches the server's log, so give a verifier. */
function passwordOption(password: string): string {
  return password.toUpperCase() === "NULL" ? "PASSWORD NULL" : `PASSWORD ${literal(password)}`;
}

/** An md5 password is bound to the role's name, so a renamed role gets its password again. */
function passwordChange(old: Role, role: Role, isRenamed: boolean): string[] {
  const isNewVersion = old.passwordWoVersion !== role.passwordWoVersion;
  const password = role.password ?? (isNewVersion || isRenamed ? role.passwordWo : undefined);
  if (password !== undefined && password !== "") {
    return isRenamed || isNewVersion || old.password !== password ? [passwordOption(password)] : [];
  }
  const isTaken = old.password !== undefined && old.password !== "" && role.password === undefined;
  return isTaken ? ["PASSWORD NULL"] : [];
}

/** The settings that the role's sessions start with. */
function settingStatements(role: Role, old?: Role): string[] {
  const alter = `ALTER ROLE ${name(role.name)}`;
  const statements: string[] = [];
  const paths = role.searchPaths;
  if (old === undefined ? paths.length > 0 : paths.join("\n") !== old.searchPaths.join("\n")) {
    statements.push(`${alter} SET search_path TO ${paths.length > 0 ? names(paths) : "DEFAULT"}`);
  }
  for (const [key, setting] of TIMEOUTS) {
    if (role[key] !== (old?.[key] ?? 0)) {
      const milliseconds = role[key];
      statements.push(
        milliseconds === 0
          ? `${alter} RESET ${setting}`
          : `${alter} SET ${setting} TO ${String(milliseconds)}`,
      );
    }
  }
  if (role.assumeRole !== (old?.assumeRole ?? "")) {
    const to = role.assumeRole === "" ? "RESET ROLE" : `SET ROLE TO ${name(role.assumeRole)}`;
    statements.push(`${alter} ${to}`);
  }
  return statements;
}

const TIMEOUTS = [
  ["statementTimeout", "statement_timeout"],
  ["idleInTransactionSessionTimeout", "idle_in_transaction_session_timeout"],
] as const;
