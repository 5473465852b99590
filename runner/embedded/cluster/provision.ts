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

/** The login that the stack works with: owner of the database, as on Supabase no superuser. */
export const STACK_USER = "postgres";

/** What a development database has besides the files of sql/dev_baseline. */
const SETTINGS: readonly string[] = [
  `ALTER DATABASE ${DATABASE_NAME} SET ${UNPROTECTED_SETTING} = 'on'`,
];

export interface Provision {
  /** The folder with the files: {@link baselineFolder}. */
  readonly baseline: string;
  readonly port: number;
  readonly superuserPassword: string;
  /** Of `postgres`. Left out, nobody can log in any more, the superuser included, until a login gets a password. */
  readonly password?: string;
}

/**
 * Makes a new server the development database of a stack: the files of sql/dev_baseline in the order of their names,
 * the password of `postgres`, and the mark that it needs no approval. All in one transaction.
 *
 * @throws EMBEDDED_FAILED with the file, and what the server says
 */
export async function provision(options: Provision): Promise<void> {
  const client = await connectAsSuperuser(options.port, options.superuserPassword);
  let step = "beginning";
  try {
    await client.query("BEGIN");
    for (const [name, sql] of baselineFiles(options.baseline)) {
      step = `sql/dev_baseline/${name}`;
      await queryOnDirectivePath(client, sql);
    }
    step = "the password and the settings";
    for (const statement of SETTINGS) {
      await client.query(statement);
    }
    await client.query(passwordStatement(options.password));
    await client.query("COMMIT");
  } catch (cause) {
    throw fault("EMBEDDED_FAILED", {
      what: `preparing the embedded database, in ${step}`,
      found: messageOf(cause),
      remedy: "Correct the file",
      cause,
    });
  } finally {
    await client.end();
  }
}

/** The server's version, as `17.10`, asked of the server itself. */
export async function readServerVersion(port: number, superuserPassword: string): Promise<string> {
  const client = await connectAsSuperuser(port, superuserPassword);
  return serverVersion(client).finally(() => client.end());
}

/**
 * Notes in the database whose stack's it is, where there is no such note yet: what data it was given is kept.
 *
 * @returns the server's version, as {@link readServerVersion} does
 */
export async function noteStack(
  port: number,
  superuserPassword: string,
  stack: string,
): Promise<string> {
  const client = await connectAsSuperuser(port, superuserPassword);
  try {
    if ((await readDatabaseNote(client))?.stack !== stack) {
      await writeDatabaseNote(client, DATABASE_NAME, { stack });
    }
    return await serverVersion(client);
  } finally {
    await client.end();
  }
}

async function connectAsSuperuser(port: number, password: string): Promise<Client> {
  const client = newClient({
    host: HOST,
    port,
    user: SUPERUSER,
    password,
    database: DATABASE_NAME,
    ssl: false,
  });
  await client.connect();
  await clearSession(client);
  return client;
}

/** Where the files are of what a database is before the directives. */
export function baselineFolder(sqlFolder: string): string {
  return join(sqlFolder, "dev_baseline");
}

/** Everything that `provision` does to a new server, but the passwords. */
export function provisionContents(baseline: string): readonly unknown[] {
  return [baselineFiles(baseline), SETTINGS];
}

function passwordStatement(password: string | undefined): string {
  if (password === undefined) {
    return `ALTER ROLE ${STACK_USER} PASSWORD NULL; ALTER ROLE ${SUPERUSER} PASSWORD NULL`;
  }
  return `ALTER ROLE ${STACK_USER} PASSWORD '${scramVerifier(password)}'`;
}

function baselineFiles(folder: string): [name: string, sql: string][] {
  return readdirSync(folder)
    .filter((name) => name.endsWith(".sql"))
    .sort()
    .map((name) => [name, readFileSync(join(folder, name), "utf8")]);
}
