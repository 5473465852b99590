import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import type { Client } from "pg";
import { fault, messageOf } from "../../base/fault";
import { newClient } from "../../postgres/client";
import { readDatabaseNote, writeDatabaseNote } from "../../postgres/databaseNote";
import { UNPROTECTED_SETTING } from "../../postgres/protection";
import { serverVersion } from "../../postgres/serverVersion";
import { clearSession, queryOnDirectivePath } from "../../postgres/session";
import { SUPERUSER } from "../server/initdb";
import { scramVerifier } from "../server/scram";
import { HOST } from "../system/port";

export const DATABASE_NAME = "postgres";

/** The stack's login. It owns the database and, as on Supabase, is no superuser. */
export const STACK_USER = "postgres";

/** Runs on a development database after the files of sql/dev_baseline. */
const UNPROTECT = `ALTER DATABASE ${DATABASE_NAME} SET ${UNPROTECTED_SETTING} = 'on'`;

export interface Provision {
  /** The folder with the baseline's files: {@link baselineFolder}. */
  readonly baseline: string;
  readonly port: number;
  readonly superuserPassword: string;
  /** The new password of `postgres`. Default: none, and the superuser's password is removed, too: nobody can log in. */
  readonly password?: string;
}

/**
 * Sets up a new server as a stack's development database, in one transaction: runs the files of sql/dev_baseline in the
 * order of their names, each as the superuser, marks the database as unprotected, and sets the password of `postgres`.
 *
 * @throws EMBEDDED_FAILED with the file, and what the server says
 */
export async function provision(options: Provision): Promise<void> {
  await asSuperuser(options.port, options.superuserPassword, async (client) => {
    let step = "beginning";
    try {
      await client.query("BEGIN");
      for (const [name, sql] of baselineFiles(options.baseline)) {
        step = `sql/dev_baseline/${name}`;
        await queryOnDirectivePath(client, sql);
        await client.query("RESET ROLE");
      }
      step = "the password and the settings";
      await client.query(UNPROTECT);
      await client.query(passwordStatement(options.password));
      await client.query("COMMIT");
    } catch (cause) {
      throw fault("EMBEDDED_FAILED", {
        what: `preparing the embedded database, in ${step}`,
        found: messageOf(cause),
        remedy: "Correct the file",
        cause,
      });
    }
  });
}

/** The server's version, such as `17.10`. */
export async function readServerVersion(port: number, superuserPassword: string): Promise<string> {
  return await asSuperuser(port, superuserPassword, serverVersion);
}

/**
 * Notes in the database which stack it belongs to. An existing note of that stack stays, with its list of data.
 *
 * @returns the server's version
 */
export async function noteStack(
  port: number,
  superuserPassword: string,
  stack: string,
): Promise<string> {
  return await asSuperuser(port, superuserPassword, async (client) => {
    if ((await readDatabaseNote(client))?.stack !== stack) {
      await writeDatabaseNote(client, DATABASE_NAME, { stack });
    }
    return await serverVersion(client);
  });
}

async function asSuperuser<T>(
  port: number,
  password: string,
  use: (client: Client) => Promise<T>,
): Promise<T> {
  const server = { host: HOST, port, database: DATABASE_NAME, ssl: false };
  const client = newClient({ ...server, user: SUPERUSER, password });
  await client.connect();
  try {
    await clearSession(client);
    return await use(client);
  } finally {
    await client.end();
  }
}

/** The folder with the SQL files that set up a database before the directives. */
export function baselineFolder(sqlFolder: string): string {
  return join(sqlFolder, "dev_baseline");
}

/** All SQL that `provision` runs on a new server, except the passwords. */
export function provisionContents(baseline: string): readonly unknown[] {
  return [baselineFiles(baseline), [UNPROTECT]];
}

function passwordStatement(password: string | undefined): string {
  if (password === undefined) {
    return `ALTER ROLE ${STACK_USER} PASSWORD NULL; ALTER ROLE ${SUPERUSER} PASSWORD NULL`;
  }
  return `ALTER ROLE ${STACK_USER} PASSWORD '${scramVerifier(password)}'`;
}

/** The files of that folder in the order in which they run. */
export function baselineFiles(folder: string): [name: string, sql: string][] {
  return readdirSync(folder)
    .filter((name) => name.endsWith(".sql"))
    .sort()
    .map((name) => [name, readFileSync(join(folder, name), "utf8")]);
}
