import type { Client } from "pg";
import { fault } from "../../runner/base/fault";
import type { Properties } from "../../runner/plugin/resourceType";
import { UNPROTECTED_SETTING } from "../../runner/postgres/protection";
import { guardDatabase, isSwitchedOn } from "./guard";
import { asMemberOf, serverMajor } from "./memberships";
import { literal, name } from "./sql";

/** A database's properties, with the official plugin's defaults filled in. */
export interface Database {
  readonly name: string;
  readonly owner?: string;
  readonly template?: string;
  readonly encoding?: string;
  readonly lcCollate?: string;
  readonly lcCtype?: string;
  readonly tablespaceName?: string;
  readonly connectionLimit: number;
  readonly allowConnections: boolean;
  readonly isTemplate: boolean;
}

/** Undefined where there is no such database. */
export async function readDatabase(
  client: Client,
  database: string,
): Promise<Properties | undefined> {
  const { rows } = await client.query<{ found: Properties }>(
    `SELECT json_build_object(
              'name', d.datname, 'owner', pg_get_userbyid(d.datdba),
              'encoding', pg_encoding_to_char(d.encoding),
              'lcCollate', d.datcollate, 'lcCtype', d.datctype,
              'tablespaceName', t.spcname, 'connectionLimit', d.datconnlimit,
              'allowConnections', d.datallowconn, 'isTemplate', d.datistemplate) AS found
       FROM pg_catalog.pg_database d JOIN pg_catalog.pg_tablespace t ON t.oid = d.dattablespace
      WHERE d.datname = $1`,
    [database],
  );
  return rows[0]?.found;
}

/** Made from template0 in UTF8 and the C locale, as the official plugin does where nothing else is said. */
export async function createDatabase(client: Client, database: Database): Promise<void> {
  const isMarked = await mayMark(client, database.name);
  const { owner, tablespaceName } = database;
  const options = [
    ...(owner === undefined ? [] : [`OWNER ${name(owner)}`]),
    `TEMPLATE ${name(database.template ?? "template0")}`,
    ...localeOption("ENCODING", database.encoding ?? "UTF8"),
    ...localeOption("LC_COLLATE", database.lcCollate ?? "C"),
    ...localeOption("LC_CTYPE", database.lcCtype ?? "C"),
    ...(tablespaceName === undefined ? [] : [`TABLESPACE ${name(tablespaceName)}`]),
    ...limits(database),
  ];
  await asMemberOf(client, owner === undefined ? [] : [owner], async () => {
    await client.query(`CREATE DATABASE ${name(database.name)} WITH ${options.join(" ")}`);
    if (isMarked) {
      await client.query(`ALTER DATABASE ${name(database.name)} SET ${UNPROTECTED_SETTING} = 'on'`);
    }
  });
}

export async function changeDatabase(client: Client, old: Database, now: Database): Promise<void> {
  await guardDatabase(client, old.name);
  const alter = `ALTER DATABASE ${name(now.name)}`;
  const owners = [old.owner, now.owner].filter((one) => one !== undefined);
  await asMemberOf(client, owners, async () => {
    if (old.name !== now.name) {
      await client.query(`ALTER DATABASE ${name(old.name)} RENAME TO ${name(now.name)}`);
    }
    if (now.owner !== undefined && now.owner !== old.owner) {
      await client.query(`${alter} OWNER TO ${name(now.owner)}`);
    }
    if (now.tablespaceName !== undefined && now.tablespaceName !== old.tablespaceName) {
      await client.query(`${alter} SET TABLESPACE ${name(now.tablespaceName)}`);
    }
    await client.query(`${alter} WITH ${limits(now).join(" ")}`);
  });
}

/** Ends the sessions of others in it, as the official plugin does. */
export async function dropDatabase(client: Client, database: Database): Promise<void> {
  const found = await readDatabase(client, database.name);
  if (found === undefined) {
    return;
  }
  await guardDatabase(client, database.name);
  await asMemberOf(client, [String(found["owner"])], async () => {
    if (found["isTemplate"] === true) {
      await client.query(`ALTER DATABASE ${name(database.name)} WITH IS_TEMPLATE false`);
    }
    await client.query(`DROP DATABASE ${name(database.name)} WITH (FORCE)`);
  });
}

function limits({ connectionLimit, allowConnections, isTemplate }: Database): string[] {
  return [
    `ALLOW_CONNECTIONS ${String(allowConnections)}`,
    `CONNECTION LIMIT ${String(connectionLimit)}`,
    `IS_TEMPLATE ${String(isTemplate)}`,
  ];
}

/** DEFAULT, as a word of its own, means the template's. */
function localeOption(keyword: string, value: string): string[] {
  return value.toUpperCase() === "DEFAULT" ? [] : [`${keyword} ${literal(value)}`];
}

/**
 * Whether the new database will be marked as unprotected: what the stand-in makes it must be able to change and drop
 * again. Only a superuser, or a role that was granted SET on the parameter, may mark one.
 */
async function mayMark(client: Client, database: string): Promise<boolean> {
  const { rows } = await client.query<{ may: boolean }>(
    (await serverMajor(client)) >= 15
      ? "SELECT has_parameter_privilege($1, 'SET') AS may"
      : "SELECT rolsuper AS may FROM pg_catalog.pg_roles WHERE rolname = current_user AND $1 <> ''",
    [UNPROTECTED_SETTING],
  );
  const may = rows[0]?.may === true;
  if (!may && !isSwitchedOn()) {
    throw fault("STAND_IN_REFUSED", {
      what: `creating the database "${database}"`,
      found:
        "a login that may not mark it as unprotected, so that the stand-in could not drop it again",
      expected: `a superuser, or GRANT SET ON PARAMETER ${UNPROTECTED_SETTING}`,
      remedy: "Grant that to the login, or install the official plugin",
    });
  }
  return may;
}
