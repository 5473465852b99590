import { escapeIdentifier, type ClientBase } from "pg";
import { isProtected, UNPROTECTED_SETTING } from "../postgres/protection";

/** The first version that lets a login without superuser store `v7.unprotected`, and knows CREATE DATABASE's STRATEGY. */
const OLDEST_VERSION = 150_000;

interface Row {
  readonly version: number;
  readonly login: string;
  readonly mayCreate: boolean;
  readonly isSuperuser: boolean;
  readonly isThere: boolean;
  readonly mayCopy: boolean;
}

/** One reason why a template cannot be cloned, and what to do about it. */
export interface CloneObstacle {
  readonly found: string;
  readonly expected: string;
  readonly remedy: string;
}

/**
 * Everything that prevents cloning this template with this login, at once. Reads only.
 *
 * The mark v7.unprotected is its owner's consent: it says that what the template holds may be given to every branch, and
 * keeps production data, and servers whose owner knows nothing of this, out.
 */
export async function cloneObstacles(
  client: ClientBase,
  template: string,
): Promise<readonly CloneObstacle[]> {
  const { rows } = await client.query<Row>(QUERY, [template]);
  const row = rows[0];
  if (row === undefined) {
    throw new Error("no answer about the login");
  }
  if (row.version < OLDEST_VERSION) {
    return [
      {
        found: `PostgreSQL ${String(Math.floor(row.version / 10_000))}`,
        expected: "15 or newer, where a login without superuser may mark its database",
        remedy: "Use a newer server",
      },
    ];
  }
  const login = escapeIdentifier(row.login);
  return [
    ...(row.mayCreate
      ? []
      : [
          {
            found: `login "${row.login}" without CREATEDB`,
            expected: "a login that may create databases",
            remedy: `ALTER ROLE ${login} CREATEDB, as a superuser`,
          },
        ]),
    ...((await mayMark(client, row)) ? [] : [mayNotMark(row.login)]),
    ...(await templateObstacles(client, template, row)),
  ];
}

/** Said before a clone is made, and where the server refuses the mark after all. */
export function mayNotMark(login: string): CloneObstacle {
  return {
    found: `login "${login}", which may not set ${UNPROTECTED_SETTING}`,
    expected: "a login that may mark its own database as unprotected",
    remedy: `GRANT SET ON PARAMETER ${UNPROTECTED_SETTING} TO ${escapeIdentifier(login)}, as a superuser`,
  };
}

async function templateObstacles(
  client: ClientBase,
  template: string,
  { isThere, mayCopy, login }: Row,
): Promise<readonly CloneObstacle[]> {
  if (!isThere) {
    return [
      {
        found: `no database "${template}" on this server`,
        expected: "the template",
        remedy: "Correct v7:templateDatabase, or have the template made: docs/branches-external.md",
      },
    ];
  }
  const name = escapeIdentifier(template);
  return [
    ...((await isProtected(client, template))
      ? [
          {
            found: `the database "${template}", which is protected`,
            expected:
              "a template whose owner has marked it as unprotected: every branch gets a copy of it",
            remedy: `ALTER DATABASE ${name} SET ${UNPROTECTED_SETTING} = 'on', as its owner, where that is so`,
          },
        ]
      : []),
    ...(mayCopy
      ? []
      : [
          {
            found: `the database "${template}", which login "${login}" may not copy`,
            expected: "a database that is a template",
            remedy: `ALTER DATABASE ${name} WITH IS_TEMPLATE true, as its owner`,
          },
        ]),
  ];
}

/** has_parameter_privilege is not there before PostgreSQL 15, so that no query of older servers has it. */
async function mayMark(client: ClientBase, { isSuperuser }: Row): Promise<boolean> {
  if (isSuperuser) {
    return true;
  }
  const { rows } = await client.query<{ may: boolean }>(
    "SELECT pg_catalog.has_parameter_privilege($1, 'SET') AS may",
    [UNPROTECTED_SETTING],
  );
  return rows[0]?.may === true;
}

const QUERY = `
  SELECT current_setting('server_version_num')::int AS version, own.rolname AS login, own.rolsuper AS "isSuperuser",
         own.rolsuper OR own.rolcreatedb AS "mayCreate", template.oid IS NOT NULL AS "isThere",
         COALESCE(template.datistemplate OR pg_catalog.pg_has_role(template.datdba, 'USAGE'), false) AS "mayCopy"
    FROM pg_catalog.pg_roles own LEFT JOIN pg_catalog.pg_database template ON template.datname = $1
   WHERE own.rolname = current_user`;
