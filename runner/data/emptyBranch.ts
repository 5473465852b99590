import type { ClientBase } from "pg";
import { fault } from "../base/fault";
import type { ConnectionSettings } from "../model";
import { readDatabaseNote, type DatabaseNote } from "../postgres/databaseNote";
import { isProtected } from "../postgres/protection";
import { describeTarget } from "../postgres/target";

/**
 * Refuses a database that may not be given data: a protected one, and one whose note is missing or names another stack.
 *
 * @param code the fault's code
 * @returns the database's note
 */
export async function expectOwnDatabase(
  client: ClientBase,
  { connection, stack }: { readonly connection: ConnectionSettings; readonly stack: string },
  code: "SEED_REFUSED" | "COPY_REFUSED",
): Promise<DatabaseNote> {
  const what = `giving data to ${describeTarget(connection)}`;
  if (await isProtected(client)) {
    throw fault(code, {
      what,
      found: "a protected database",
      expected: `a database that this project made for the stack "${stack}"`,
      remedy:
        "Nothing was changed, and no flag allows it: what reaches a protected database is a directive that was approved",
    });
  }
  const note = await readDatabaseNote(client);
  if (note?.stack !== stack) {
    throw fault(code, {
      what,
      found:
        note === undefined
          ? "a database without this project's note"
          : `the database of the stack "${note.stack}"`,
      expected: `the database that this project made for the stack "${stack}"`,
      remedy: "Nothing was changed. Give data to the branch's own database",
    });
  }
  return note;
}
