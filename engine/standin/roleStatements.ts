import type { Role } from "./roleShape";
import { literal, name } from "./sql";

export function createRoleStatements(role: Role): string[] {
  const options = [
    ...(role.password === undefined ? [] : [`PASSWORD ${literal(role.password)}`]),
    // As the official plugin writes it.
    "VALID UNTIL 'infinity' CONNECTION LIMIT -1",
    ...FLAGS.map((flag) => flagOption(role, flag)),
  ];
  return [
    `CREATE ROLE ${name(role.name)} WITH ${options.join(" ")}`,
    ...role.roles.map((one) => `GRANT ${name(one)} TO ${name(role.name)}`),
  ];
}

/**
 * The statements that change a role. They name only attributes that differ: before PostgreSQL 16 only a superuser may name
 * some attributes, even unchanged.
 */
export function updateRoleStatements(old: Role, role: Role): string[] {
  const options = [
    ...FLAGS.filter(([key]) => old[key] !== role[key]).map((flag) => flagOption(role, flag)),
    ...passwordChange(old, role),
  ];
  const revoked = old.roles.filter((one) => !role.roles.includes(one));
  const granted = role.roles.filter((one) => !old.roles.includes(one));
  return [
    ...(options.length === 0 ? [] : [`ALTER ROLE ${name(role.name)} WITH ${options.join(" ")}`]),
    ...revoked.map((one) => `REVOKE ${name(one)} FROM ${name(role.name)}`),
    ...granted.map((one) => `GRANT ${name(one)} TO ${name(role.name)}`),
  ];
}

const FLAGS = [
  ["superuser", "SUPERUSER"],
  ["createDatabase", "CREATEDB"],
  ["createRole", "CREATEROLE"],
  ["inherit", "INHERIT"],
  ["login", "LOGIN"],
  ["bypassRowLevelSecurity", "BYPASSRLS"],
  ["replication", "REPLICATION"],
] as const;

function flagOption(role: Role, [key, keyword]: (typeof FLAGS)[number]): string {
  return role[key] ? keyword : `NO${keyword}`;
}

/** A verifier (`SCRAM-SHA-256$…`) passes as it is; plain text reaches the server's log, so give a verifier. */
function passwordChange(old: Role, { password }: Role): string[] {
  if (old.password === password) {
    return [];
  }
  return [password === undefined ? "PASSWORD NULL" : `PASSWORD ${literal(password)}`];
}
