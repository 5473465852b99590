import { DatabaseError, type ClientBase } from "pg";
import { ARCHIVE_SCHEMA } from "../catalog/archive";
import { takeEventTriggers, type EventTrigger } from "../catalog/eventTriggers";
import { alteredTables } from "../directive/definitions";
import type { DefinedObjects, QualifiedName } from "../model";
import { formatName, quote, sameName } from "../postgres/names";
import { MAX_EXPRESSION_CHARACTERS } from "./bounds";
import {
  SERVER,
  ROLES,
  MEMBERSHIPS,
  SCHEMAS,
  EXTENSIONS,
  ENUMS,
  DOMAINS,
  TABLE,
  GRANTS,
} from "./surroundingsQueries";

/** What a rehearsal rebuilds of the target: everything that the directives' statements can meet there. */
export interface Surroundings {
  readonly serverVersion: string;
  readonly major: number;
  /** Who connects. */
  readonly login: string;
  /** Who runs the plan: the login, or the owner of the tables where the login may not alter them, as one that only reads. */
  readonly runsAs: string;
  readonly databaseOwner: string;
  readonly roles: readonly SurroundingRole[];
  readonly memberships: readonly Membership[];
  readonly schemas: readonly { readonly name: string; readonly owner: string }[];
  readonly extensions: readonly { readonly name: string; readonly schema: string }[];
  readonly enums: readonly {
    readonly schema: string;
    readonly name: string;
    readonly labels: readonly string[];
  }[];
  readonly domains: readonly {
    readonly schema: string;
    readonly name: string;
    readonly base: string;
    readonly notNull: boolean;
    /** It is not rebuilt: rows are made up without. */
    readonly hasDefault: boolean;
    readonly checks: readonly { readonly name: string; readonly expression: string }[];
  }[];
  readonly tables: readonly SurroundingTable[];
  readonly grants: readonly SurroundingGrant[];
  /** Code of the target's that runs at commands: named, never rebuilt. */
  readonly eventTriggers: readonly EventTrigger[];
}

interface SurroundingRole {
  readonly name: string;
  /** On the target; on the throwaway server nobody who comes from there is. */
  readonly isSuperuser: boolean;
  readonly inherits: boolean;
}

interface Membership {
  readonly role: string;
  readonly member: string;
  readonly isAdmin: boolean;
  /** Null until PostgreSQL 15, which has no such options. */
  readonly inherits: boolean | null;
  readonly mayset: boolean | null;
}

export interface SurroundingTable {
  readonly name: QualifiedName;
  readonly owner: string;
  readonly columns: readonly SurroundingColumn[];
  readonly constraints: readonly SurroundingConstraint[];
  /** Indexes that belong to no constraint, with the server's own CREATE INDEX. */
  readonly indexes: readonly { readonly name: string; readonly definition: string }[];
  /** Triggers, policies, rules: by name, not rebuilt. */
  readonly others: readonly { readonly kind: string; readonly name: string }[];
  /** As statistics estimate them, or counted up to a million where there are none; null where neither can be had. */
  readonly rows: number | null;
}

export interface SurroundingConstraint {
  readonly name: string;
  /** PostgreSQL's letter: p primary key, u unique, c check, f foreign key, x exclusion; or `period`. */
  readonly type: string;
  readonly columns: readonly string[];
  /** Of a check. */
  readonly expression: string | null;
}

export interface SurroundingColumn {
  readonly name: string;
  readonly type: string;
  readonly notNull: boolean;
  readonly default: string | null;
  /** `s` stored, `v` virtual, or nothing. */
  readonly generated: string;
  readonly identity: string;
  readonly isEnum: boolean;
  /** The average width in bytes, where statistics have it. */
  readonly width: number | null;
}

/** A privilege on the database, a schema or a table, or a default privilege. */
export interface SurroundingGrant {
  readonly kind: "database" | "schema" | "table" | "default";
  readonly schema: string | null;
  readonly object: string | null;
  /** For default privileges: whose new objects. */
  readonly owner: string;
  /** PostgreSQL's letter: d, r, S, f, T, n. */
  readonly objectType: string;
  readonly grantee: string | null;
  readonly privilege: string;
  readonly isGrantable: boolean;
}

const COUNTED_ROWS = 1_000_000;
/** One more than is allowed, so that what is too long shows as such. */
const READ_CHARACTERS = MAX_EXPRESSION_CHARACTERS + 1;
const COUNT_TIMEOUT = "30s";

/**
 * Reads the target's surroundings of these objects. Reads the catalog, and counts a table of others only where its
 * statistics say nothing; the caller holds the read-only transaction.
 *
 * The session is pinned to pg_catalog: so each name of others that the server writes has its schema.
 */
export async function readSurroundings(
  client: ClientBase,
  objects: DefinedObjects,
): Promise<Surroundings> {
  const altered = alteredTables(objects);
  const names = altered.map(formatName);
  // The directives' own schemas are made by the rehearsal, and archives are of no concern to it.
  const ours = [...objects.schemas, ARCHIVE_SCHEMA];
  const read = async <T>(sql: string, parameters: unknown[]): Promise<T[]> =>
    (await client.query<{ row: T }>(sql, parameters)).rows.map(({ row }) => row);
  const [server] = await read<
    Pick<Surroundings, "serverVersion" | "major" | "login" | "databaseOwner">
  >(SERVER, []);
  if (server === undefined) {
    throw new TypeError("readSurroundings: no answer");
  }
  const tables: SurroundingTable[] = [];
  for (const name of altered) {
    const [table] = await read<SurroundingTable>(TABLE, [
      name.schema,
      name.name,
      objects.indexes.map((index) => index.name),
      objects.columns.filter((one) => sameName(one.table, name)).map(({ column }) => column),
      READ_CHARACTERS,
    ]);
    if (table !== undefined) {
      tables.push({ ...table, name, rows: table.rows ?? (await countRows(client, name)) });
    }
  }
  return {
    ...server,
    runsAs: await whoRuns(client, server.login, tables),
    tables,
    roles: await read(ROLES, []),
    memberships: await read(MEMBERSHIPS, []),
    schemas: await read(SCHEMAS, [ours]),
    extensions: await read(EXTENSIONS, [names]),
    enums: await read(ENUMS, []),
    domains: await read(DOMAINS, [names, READ_CHARACTERS]),
    grants: await read(GRANTS, [names, ours]),
    eventTriggers: await takeEventTriggers(client),
  };
}

async function whoRuns(
  client: ClientBase,
  login: string,
  tables: readonly SurroundingTable[],
): Promise<string> {
  for (const { owner } of tables) {
    const { rows } = await client.query<{ may: boolean }>(
      "SELECT pg_catalog.pg_has_role($1::name, 'USAGE') AS may",
      [owner],
    );
    if (rows[0]?.may !== true) {
      return owner;
    }
  }
  return login;
}

/** A table with policies for this login is not counted: they are the target's code, and would run as this login. */
async function countRows(client: ClientBase, name: QualifiedName): Promise<number | null> {
  const { rows: allowed } = await client.query<{ may: boolean }>(
    `SELECT pg_catalog.has_table_privilege($1::text, 'SELECT') AND NOT pg_catalog.row_security_active($1::text) AS may`,
    [quote(name)],
  );
  if (allowed[0]?.may !== true) {
    return null;
  }
  await client.query(`SAVEPOINT counting; SET LOCAL statement_timeout = '${COUNT_TIMEOUT}'`);
  try {
    const { rows } = await client.query<{ count: string }>(
      `SELECT pg_catalog.count(*) FROM (SELECT FROM ${quote(name)} LIMIT ${String(COUNTED_ROWS)}) AS counted`,
    );
    return Number(rows[0]?.count);
  } catch (error) {
    if (error instanceof DatabaseError) {
      return null;
    }
    throw error;
  } finally {
    await client.query("ROLLBACK TO SAVEPOINT counting");
  }
}
