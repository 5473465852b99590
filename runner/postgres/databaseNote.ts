import { escapeIdentifier, escapeLiteral, type ClientBase } from "pg";

/**
 * What this project notes on a database of its own making, as JSON in the database's comment: it is there for exactly
 * as long as the database, changes in the same transaction as the data that it speaks of, and adds no object.
 */
export interface DatabaseNote {
  /** The stack whose database it is. */
  readonly stack: string;
  /** What data it was given, in order: `seed <sha256>` or `from <stack>`. */
  readonly data?: readonly string[];
}

/** What a comment of ours begins with; everything else is somebody's own words. */
const PREFIX = "v7: ";

/**
 * The note on a database; undefined where its comment is not this project's, or where there is no such database.
 *
 * @param database of the same server; default: the one that the client is connected to
 */
export async function readDatabaseNote(
  client: ClientBase,
  database?: string,
): Promise<DatabaseNote | undefined> {
  const { rows } = await client.query<{ comment: string | null }>(
    `SELECT pg_catalog.shobj_description(here.oid, 'pg_database') AS comment
       FROM pg_catalog.pg_database AS here
      WHERE here.datname OPERATOR(pg_catalog.=) COALESCE($1, pg_catalog.current_database())`,
    [database],
  );
  const comment = rows[0]?.comment ?? "";
  return comment.startsWith(PREFIX) ? parse(comment.slice(PREFIX.length)) : undefined;
}

/** Writes the note over whatever the comment was; takes the database's owner, or a superuser. */
export async function writeDatabaseNote(
  client: ClientBase,
  database: string,
  note: DatabaseNote,
): Promise<void> {
  await client.query(noteStatement(database, note));
}

/** The statement by which {@link writeDatabaseNote} writes it. */
export function noteStatement(database: string, note: DatabaseNote): string {
  const comment = escapeLiteral(PREFIX + JSON.stringify(note));
  return `COMMENT ON DATABASE ${escapeIdentifier(database)} IS ${comment}`;
}

function parse(text: string): DatabaseNote | undefined {
  try {
    const note = JSON.parse(text) as Partial<DatabaseNote> | null;
    return typeof note?.stack === "string" ? (note as DatabaseNote) : undefined;
  } catch {
    return undefined;
  }
}
