import { escapeIdentifier as id, escapeLiteral, type ClientBase } from "pg";
import { generatePassword } from "../embedded/server/scram";
import { quoted, type Rebuilder } from "./rebuilder";
import { REHEARSAL_DATABASE, type Login } from "./sessions";
import type { Surroundings } from "./surroundingsModel";

const WITHOUT_POWER = "NOSUPERUSER NOCREATEDB NOCREATEROLE NOREPLICATION NOBYPASSRLS";

/**
 * Rebuilds the target's roles and memberships. The roles have no attributes such as SUPERUSER or BYPASSRLS, whatever they have
 * on the target.
 */
export async function rebuildRoles(
  superuser: Rebuilder,
  { roles, memberships, major }: Surroundings,
): Promise<void> {
  await superuser.attemptEach(roles, ({ name, inherits }) => [
    `role ${quoted(name)}`,
    `CREATE ROLE ${id(name)} LOGIN ${WITHOUT_POWER} ${inherits ? "INHERIT" : "NOINHERIT"}`,
  ]);
  await superuser.attemptEach(memberships, ({ role, member, isAdmin, inherits, mayset }) => {
    const options = [
      isAdmin ? "ADMIN TRUE" : "",
      inherits === null ? "" : `INHERIT ${inherits ? "TRUE" : "FALSE"}`,
      mayset === null ? "" : `SET ${mayset ? "TRUE" : "FALSE"}`,
    ].filter((option) => option !== "");
    const with15 = isAdmin ? " WITH ADMIN OPTION" : "";
    const with16 = options.length === 0 ? "" : ` WITH ${options.join(", ")}`;
    return [
      `membership of ${quoted(member)} in ${quoted(role)}`,
      `GRANT ${id(role)} TO ${id(member)}${major < 16 ? with15 : with16}`,
    ];
  });
}

/** Makes the database, the logins that rebuild and run the plan, and the group roles that the stack makes before it. */
export async function prepareLogins(
  admin: ClientBase,
  { runsAs, databaseOwner }: Surroundings,
  groupRoles: readonly string[],
): Promise<{ readonly builder: Login; readonly runner: Login }> {
  const runner = { user: runsAs, password: generatePassword() };
  await admin.query(`ALTER ROLE ${id(runsAs)} LOGIN PASSWORD ${escapeLiteral(runner.password)}`);
  await admin.query(
    `CREATE DATABASE ${id(REHEARSAL_DATABASE)} OWNER ${id(databaseOwner)} TEMPLATE template0 ENCODING 'UTF8'`,
  );
  await makeGroupRoles(admin, groupRoles);
  return { builder: await makeBuilder(admin), runner };
}

/** Makes the group roles that the stack makes before the plan, where the target does not have them yet. */
async function makeGroupRoles(superuser: ClientBase, names: readonly string[]): Promise<void> {
  const { rows } = await superuser.query<{ role: string }>(
    "SELECT role FROM unnest($1::text[]) AS wanted(role) WHERE NOT EXISTS (SELECT FROM pg_roles WHERE rolname = role)",
    [names],
  );
  for (const { role } of rows) {
    await superuser.query(`CREATE ROLE ${id(role)} NOLOGIN`);
  }
}

/**
 * Makes a role without privileges, which runs everything that contains an expression of the target. It logs in itself, so that
 * no expression can change back to a more powerful session role.
 */
export async function makeBuilder(superuser: ClientBase): Promise<Login> {
  const login = {
    user: `v7_builder_${generatePassword().slice(0, 12)}`,
    password: generatePassword(),
  };
  await superuser.query(
    `CREATE ROLE ${id(login.user)} LOGIN NOINHERIT ${WITHOUT_POWER} PASSWORD ${escapeLiteral(login.password)}`,
  );
  return login;
}

/**
 * Lets a login that is a superuser on the target run the plan as an ordinary role: it becomes a member of the owners of what
 * the plan alters.
 *
 * @returns a function that revokes these memberships; to be called before the effective privileges are read
 */
export async function lendOwners(
  superuser: Rebuilder,
  { runsAs, roles, tables, schemas, databaseOwner, memberships, major }: Surroundings,
): Promise<() => Promise<void>> {
  if (!roles.some(({ name, isSuperuser }) => isSuperuser && name === runsAs)) {
    return () => Promise.resolve();
  }
  const owners = new Set([databaseOwner, ...[...tables, ...schemas].map(({ owner }) => owner)]);
  const lent = [...owners].filter(
    (owner) =>
      owner !== runsAs &&
      !owner.startsWith("pg_") &&
      !memberships.some(({ role, member }) => role === owner && member === runsAs),
  );
  await superuser.attemptEach(lent, (owner) => [
    `membership of ${quoted(runsAs)} in ${quoted(owner)}`,
    `GRANT ${id(owner)} TO ${id(runsAs)}${major < 16 ? "" : " WITH INHERIT TRUE, SET TRUE"}`,
  ]);
  superuser.omitted.push(
    `attribute SUPERUSER of ${quoted(runsAs)}: the plan ran without it, as a member of the owners`,
  );
  return async () => {
    for (const owner of lent) {
      // A failure is not noted, as these memberships do not come from the target.
      await superuser.canRun(`REVOKE ${id(owner)} FROM ${id(runsAs)}`);
    }
  };
}
