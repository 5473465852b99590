import { DatabaseError, type ClientBase } from "pg";
import { visible } from "../base/visible";

/** Why what is left out is left out, where no statement was tried. */
export const NOT_ALLOWED = "an expression that a rehearsal does not run";

/**
 * Runs a statement that rebuilds something: a rehearsal without one thing is better than none.
 *
 * @param what the thing, by kind and name
 * @returns nothing, or a line that says what could not be rebuilt: never the server's own words, which may quote values
 */
export async function attempt(client: ClientBase, what: string, sql: string): Promise<string[]> {
  try {
    await client.query(sql);
    return [];
  } catch (error) {
    if (error instanceof DatabaseError) {
      return [`${what}: SQLSTATE ${error.code ?? "unknown"}`];
    }
    throw error;
  }
}

/** {@link attempt} for each. */
export async function attemptEach<T>(
  client: ClientBase,
  items: readonly T[],
  statementOf: (item: T) => readonly [what: string, sql: string],
): Promise<string[]> {
  const omitted: string[] = [];
  for (const item of items) {
    omitted.push(...(await attempt(client, ...statementOf(item))));
  }
  return omitted;
}

/** A name of the target's for a line: `"public.file_audit"`, nothing in it that moves a cursor or hides. */
export function quoted(...parts: readonly string[]): string {
  return visible(JSON.stringify(parts.join(".")));
}

/** {@link quoted} without the quotes. */
export function plain(name: string): string {
  return quoted(name).slice(1, -1);
}
