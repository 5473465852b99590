import { escapeIdentifier, escapeLiteral, type ClientBase } from "pg";

/**
 * What this project notes on a database that it made, as JSON in the database's comment. The comment exists exactly as long
 * as the database, changes in one transaction with the data that it describes, and adds no object.
 */
export interface DatabaseNote {
  /** The stack that the database belongs to. */
  readonly stack: string;
  /** The data that it was given, in order: `seed <sha256>` or `from <stack>`. */
  readonly data?: readonly string[];
}

/** How this project's comments begin; any other comment was written by somebody else. */
const PREFIX = "v7: ";

/**
 * The note on a database; undefined where its comment is not this project's, or there is no such database.
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

/** Replaces the database's comment by the note. Only the database's owner and a superuser may do so. */
export async function writeDatabaseNote(
  client: ClientBase,
  database: string,
  note: DatabaseNote,
): Promise<void> {
  await client.query(noteStatement(database, note));
}

/** The statement of {@link writeDatabaseNote}. */
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
