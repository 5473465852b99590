import type { ClientBase } from "pg";
import { fault } from "../base/fault";
import type { ConnectionSettings } from "../model";
import { readDatabaseNote, type DatabaseNote } from "../postgres/databaseNote";
import { isProtected } from "../postgres/protection";
import { describeTarget } from "../postgres/target";

/**
 * The note of a database that may be given data: one that is not protected, and that the note says is this stack's own.
 *
 * @param code what to refuse with
 * @throws that, where it is protected, has no note or another stack's
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
