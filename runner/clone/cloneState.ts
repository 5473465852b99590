import { createHash } from "node:crypto";
import type { ClientBase } from "pg";
import { readDatabaseNote } from "../postgres/databaseNote";
import { isProtected } from "../postgres/protection";

/** Whose database of that name is, and in what state. */
export type CloneState =
  | { readonly kind: "absent" }
  /** This stack's own, whole. */
  | { readonly kind: "ours"; readonly isProtected: boolean }
  /** This stack's own, half made or half dropped: nobody has ever been let in, or can be any more. */
  | { readonly kind: "unfinished" }
  | { readonly kind: "foreign"; readonly description: string };

interface Row {
  readonly owner: string;
  readonly isOwn: boolean;
  readonly allowsConnections: boolean;
  readonly connectionLimit: number;
  readonly hasComment: boolean;
}

/** What the server sets on a database whose DROP DATABASE it could not end. PostgreSQL 15.4 and newer. */
const INVALID_DATABASE = -2;

/**
 * What has that name on the server. Reads only.
 *
 * @param stack whose database it is to be
 */
export async function readCloneState(
  client: ClientBase,
  database: string,
  stack: string,
): Promise<CloneState> {
  const { rows } = await client.query<Row>(
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
 * The connection limit that a clone of this stack has until it is whole. It is set by CREATE DATABASE itself, so that a
 * database that was closed by its owner, or half made by another stack, is never taken for ours.
 */
export function unfinishedMark(stack: string): number {
  const number = createHash("sha256").update(`v7 clone ${stack}`).digest().readUInt32BE(0);
  // From 1000000000 to 2073741823: a number that nobody sets, and that fits an integer.
  return 1_000_000_000 + (number % 1_073_741_824);
}
