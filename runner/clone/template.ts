import { createHash } from "node:crypto";
import { escapeIdentifier, type ClientBase } from "pg";
import { when } from "../base/when";
import { readDatabaseNote } from "../postgres/databaseNote";
import { isProtected, UNPROTECTED_SETTING } from "../postgres/protection";

/** The first version in which a login that is no superuser can be allowed to store `v7.unprotected`. */
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
export type CloneObstacle = Readonly<Record<"found" | "expected" | "remedy", string>>;

/**
 * All obstacles to cloning this template with this login. Changes nothing.
 *
 * By the setting v7.unprotected the template's owner agrees that every branch gets a copy of its data. Without it, neither
 * production data nor a server whose owner does not know of this project is cloned.
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
        found: `PostgreSQL ${Math.floor(row.version / 10_000)}`,
        expected: "15 or newer, where a login without superuser may mark its database",
        remedy: "Use a newer server",
      },
    ];
  }
  const login = escapeIdentifier(row.login);
  return [
    ...when(!row.mayCreate, {
      found: `login "${row.login}" without CREATEDB`,
      expected: "a login that may create databases",
      remedy: `ALTER ROLE ${login} CREATEDB, as a superuser`,
    }),
    ...when(!(await mayMark(client, row)), mayNotMark(row.login)),
    ...(await templateObstacles(client, template, row)),
  ];
}

/** The obstacle of a login that may not store the setting; also used where the server refuses it after the check. */
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
    ...when(await isProtected(client, template), {
      found: `the database "${template}", which is protected`,
      expected:
        "a template whose owner has marked it as unprotected: every branch gets a copy of it",
      remedy: `ALTER DATABASE ${name} SET ${UNPROTECTED_SETTING} = 'on', as its owner, where that is so`,
    }),
    ...when(!mayCopy, {
      found: `the database "${template}", which login "${login}" may not copy`,
      expected: "a database that is a template",
      remedy: `ALTER DATABASE ${name} WITH IS_TEMPLATE true, as its owner`,
    }),
  ];
}

/** Whether the login may store the setting. Not called before PostgreSQL 15, which has no has_parameter_privilege. */
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

/** The state of a database with that name, and whether it is this stack's. */
export type CloneState =
  | { readonly kind: "absent" }
  /** This stack's own, complete. */
  | { readonly kind: "ours"; readonly isProtected: boolean }
  /** This stack's own, incompletely created or dropped: it accepts no connections. */
  | { readonly kind: "unfinished" }
  /** Not this stack's. */
  | { readonly kind: "foreign"; readonly description: string };

interface CloneRow {
  readonly owner: string;
  readonly isOwn: boolean;
  readonly allowsConnections: boolean;
  readonly connectionLimit: number;
  readonly hasComment: boolean;
}

/** The connection limit of a database whose DROP DATABASE was interrupted. PostgreSQL 15.4 and newer. */
const INVALID_DATABASE = -2;

/**
 * The state of the database with that name. Changes nothing.
 *
 * @param stack the stack that it should belong to
 */
export async function readCloneState(
  client: ClientBase,
  database: string,
  stack: string,
): Promise<CloneState> {
  const { rows } = await client.query<CloneRow>(
    `SELECT pg_catalog.pg_get_userbyid(here.datdba) AS owner,
            pg_catalog.pg_get_userbyid(here.datdba) OPERATOR(pg_catalog.=) current_user AS "isOwn",
            here.datallowconn AS "allowsConnections", here.datconnlimit AS "connectionLimit",
            pg_catalog.shobj_description(here.oid, 'pg_database') IS NOT NULL AS "hasComment"
       FROM pg_catalog.pg_database AS here WHERE here.datname OPERATOR(pg_catalog.=) $1`,
    [database],
  );
  const row = rows[0];
  if (row === undefined) {
    return { kind: "absent" };
  }
  const note = await readDatabaseNote(client, database);
  if (row.isOwn && note?.stack === stack) {
    return row.connectionLimit === INVALID_DATABASE
      ? { kind: "unfinished" }
      : { kind: "ours", isProtected: await isProtected(client, database) };
  }
  const isMark = [unfinishedMark(stack), INVALID_DATABASE].includes(row.connectionLimit);
  if (row.isOwn && !row.hasComment && !row.allowsConnections && isMark) {
    return { kind: "unfinished" };
  }
  const whose = note === undefined ? "without a note of ours" : `noted as stack "${note.stack}"'s`;
  return { kind: "foreign", description: `owned by "${row.owner}", ${whose}` };
}

/**
 * The connection limit of a clone of this stack until it is complete. CREATE DATABASE sets it, so that a database that was
 * closed by its owner, or is incomplete and another stack's, is never mistaken for this stack's.
 */
export function unfinishedMark(stack: string): number {
  const number = createHash("sha256").update(`v7 clone ${stack}`).digest().readUInt32BE(0);
  // From 1000000000 to 2073741823: fits an integer, and nobody sets such a limit by hand.
  return 1_000_000_000 + (number % 1_073_741_824);
}
