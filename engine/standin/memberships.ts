import type { ClientBase } from "pg";
import { fault } from "../../runner/base/fault";
import { serverMajor } from "../../runner/postgres/serverVersion";
import { name, statementFault } from "./sql";

interface Standing {
  readonly login: string;
  readonly login_is_superuser: boolean;
  readonly role: string;
  readonly role_is_superuser: boolean;
  readonly has_rights: boolean;
  readonly is_circular: boolean;
}

/**
 * Runs `work` while the login is a member of these roles, as only an owner may grant on, give away or drop a thing.
 * Memberships that were not there before are taken back afterwards. A superuser needs none; a role that is a superuser
 * itself cannot be had, and is left out: `work` then fails, or goes by a grant option.
 *
 * From PostgreSQL 16 on, being allowed to administer a role is not enough: to act as it, SET and INHERIT are needed,
 * which a role's creator may grant to itself (https://www.postgresql.org/docs/16/role-membership.html).
 */
export async function asMemberOf<T>(
  client: ClientBase,
  roles: readonly string[],
  work: () => Promise<T>,
): Promise<T> {
  const granted: Standing[] = [];
  const takeBack = async (): Promise<void> => {
    for (const { role, login } of granted) {
      await client.query(`REVOKE ${name(role)} FROM ${name(login)}`);
    }
  };
  try {
    for (const standing of await standingWith(client, roles)) {
      if (await becomeMember(client, standing)) {
        granted.push(standing);
      }
    }
    const result = await work();
    await takeBack();
    return result;
  } catch (error) {
    // In a transaction the rollback does it, and this fails; outside one, this does it.
    await takeBack().catch(() => undefined);
    throw error;
  }
}

/** @returns whether that was needed */
async function becomeMember(client: ClientBase, standing: Standing): Promise<boolean> {
  const { role, login } = standing;
  if (standing.login_is_superuser || standing.role_is_superuser || standing.has_rights) {
    return false;
  }
  if (standing.is_circular) {
    throw circular(standing);
  }
  await client.query(`GRANT ${name(role)} TO ${name(login)}`).catch((error: unknown) => {
    const what = `making "${login}" a member of "${role}" while this change runs`;
    throw statementFault(what, error);
  });
  return true;
}

async function standingWith(client: ClientBase, roles: readonly string[]): Promise<Standing[]> {
  // SET is a membership option since PostgreSQL 16; before, every member had it.
  const { rows } = await client.query<Standing>(
    `WITH me AS (SELECT oid, rolname, rolsuper FROM pg_catalog.pg_roles WHERE rolname = current_user)
     SELECT me.rolname AS login, me.rolsuper AS login_is_superuser,
            r.rolname AS role, r.rolsuper AS role_is_superuser,
            pg_has_role(me.oid, r.oid, 'USAGE')
              AND pg_has_role(me.oid, r.oid, $2) AS has_rights,
            pg_has_role(r.oid, me.oid, 'MEMBER') AS is_circular
       FROM me, pg_catalog.pg_roles r WHERE r.rolname = ANY ($1) ORDER BY r.oid`,
    [roles, (await serverMajor(client)) >= 16 ? "SET" : "MEMBER"],
  );
  return rows;
}

function circular({ role, login }: Standing): Error {
  return fault("STATEMENT_FAILED", {
    what: `making "${login}" a member of "${role}" while this change runs`,
    found: `"${role}" as a member of "${login}"; PostgreSQL allows no circular membership`,
    remedy: `Take "${login}" from "${role}", or log in as another role`,
  });
}
