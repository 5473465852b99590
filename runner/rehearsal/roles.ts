import { escapeIdentifier as id, escapeLiteral, type ClientBase } from "pg";
import { generatePassword } from "../embedded/server/scram";
import type { CatalogObject } from "../model";
import { quoted, type Rebuilder } from "./rebuilder";
import { REHEARSAL_DATABASE, type Login } from "./sessions";
import { ofKinds, textOf, type Surroundings } from "./surroundingsModel";

const WITHOUT_POWER = "NOSUPERUSER NOCREATEDB NOCREATEROLE NOREPLICATION NOBYPASSRLS";

/**
 * Rebuilds the target's roles and memberships. The roles have no attributes such as SUPERUSER or BYPASSRLS, whatever they have
 * on the target.
 */
export async function rebuildRoles(
  superuser: Rebuilder,
  surroundings: Surroundings,
): Promise<void> {
  await superuser.attemptEach(rolesOf(surroundings), ({ id: { name }, properties }) => [
    `role ${quoted(name)}`,
    `CREATE ROLE ${id(name)} LOGIN ${WITHOUT_POWER} ${properties["noInherit"] === true ? "NOINHERIT" : "INHERIT"}`,
  ]);
  await superuser.attemptEach(membershipsOf(surroundings), ({ role, member, properties }) => {
    const isAdmin = properties["admin"] === true;
    const of15 = isAdmin ? ["ADMIN OPTION"] : [];
    const of16 = [
      ...(isAdmin ? ["ADMIN TRUE"] : []),
      ...(properties["inherit"] === undefined
        ? []
        : [`INHERIT ${String(properties["inherit"] === "true")}`]),
      ...(properties["noSet"] === true ? ["SET FALSE"] : []),
    ];
    const options = (surroundings.major < 16 ? of15 : of16).join(", ");
    return [
      `membership of ${quoted(member)} in ${quoted(role)}`,
      `GRANT ${id(role)} TO ${id(member)}${options && ` WITH ${options}`}`,
    ];
  });
}

/** So many roles and memberships are rebuilt at most. */
const MAX_ROLES = 2000;

/** PostgreSQL's own roles that give access to tables; memberships in the others do not matter here, and some give power. */
const OF_DATA: readonly string[] = ["pg_read_all_data", "pg_write_all_data"];

const isBuiltIn = (role: string): boolean => role.startsWith("pg_");

function rolesOf(surroundings: Surroundings): readonly CatalogObject[] {
  const roles = ofKinds(surroundings, "role");
  return roles.filter((role) => !isBuiltIn(role.id.name)).slice(0, MAX_ROLES);
}

function membershipsOf(surroundings: Surroundings) {
  return ofKinds(surroundings, "membership")
    .map(({ id: { name, of }, properties }) => ({ role: of?.name ?? "", member: name, properties }))
    .filter(
      ({ role, member }) => !isBuiltIn(member) && (!isBuiltIn(role) || OF_DATA.includes(role)),
    )
    .slice(0, MAX_ROLES);
}

/** Whether a role is a superuser on the target; on the throwaway server it is an ordinary role. */
export function isSuperuser(surroundings: Surroundings, role: string): boolean {
  return rolesOf(surroundings).some(
    ({ id: { name }, properties }) => name === role && properties["superuser"] === true,
  );
}

function databaseOwner(surroundings: Surroundings): string {
  return ofKinds(surroundings, "database").map((one) => textOf(one, "owner") ?? "")[0] ?? "";
}

/** Makes the database, the logins that rebuild and run the plan, and the group roles that the stack makes before it. */
export async function prepareLogins(
  admin: ClientBase,
  surroundings: Surroundings,
  groupRoles: readonly string[],
): Promise<{ readonly builder: Login; readonly runner: Login }> {
  const { runsAs } = surroundings;
  const runner = { user: runsAs, password: generatePassword() };
  await admin.query(`ALTER ROLE ${id(runsAs)} LOGIN PASSWORD ${escapeLiteral(runner.password)}`);
  await admin.query(
    `CREATE DATABASE ${id(REHEARSAL_DATABASE)} OWNER ${id(databaseOwner(surroundings))} TEMPLATE template0 ENCODING 'UTF8'`,
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
  surroundings: Surroundings,
): Promise<() => Promise<void>> {
  const { runsAs, tables, major } = surroundings;
  if (!isSuperuser(surroundings, runsAs)) {
    return () => Promise.resolve();
  }
  const owners = new Set([
    databaseOwner(surroundings),
    ...[...tables, ...ofKinds(surroundings, "schema")].map((one) => textOf(one, "owner") ?? ""),
  ]);
  const lent = [...owners].filter(
    (owner) =>
      owner !== runsAs &&
      !isBuiltIn(owner) &&
      !membershipsOf(surroundings).some(({ role, member }) => role === owner && member === runsAs),
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
