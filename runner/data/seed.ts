import { DatabaseError, type Client, type QueryConfig } from "pg";
import { fault } from "../base/fault";
import { sha256 } from "../base/sha256";
import { definedObjects, tablesOf } from "../catalog/definedObjects";
import { fittingSteps } from "../catalog/lockedChange";
import type { Directives } from "../directive/directive";
import { changedState, takeDirectiveState } from "../drift/directiveState";
import type { ConnectionSettings } from "../model";
import { writeDatabaseNote } from "../postgres/databaseNote";
import { inMigrationSession } from "../postgres/lockedSession";
import { serverMajor } from "../postgres/serverVersion";
import { pinSession, withDirectivePath } from "../postgres/session";
import { bytePosition } from "../sql/sourcePosition";
import { positionOf, statementFaultAt } from "../sql/statementFault";
import { copyIn } from "./copyStream";
import { expectOwnDatabase } from "./emptyBranch";
import { asRowFault, rowFault } from "./rowFault";
import { cutSeed, type SeedStatement } from "./seedFile";

export interface SeedRequest extends Pick<Directives, "allSteps" | "access"> {
  readonly connection: ConnectionSettings;
  /** The stack that the database must belong to, by its note. */
  readonly stack: string;
  /** The file's name, for messages. */
  readonly name: string;
  readonly bytes: Buffer;
  /** For each statement; a seed may set another timeout itself. Default: 600. */
  readonly statementTimeoutSeconds?: number;
  readonly onProgress?: (message: string) => void;
}

export interface SeedResult {
  /** `already`: this database had these bytes before, and nothing ran. */
  readonly outcome: "seeded" | "already";
}

/** Progress is reported once in so many statements, and for each COPY. */
const STATEMENTS_PER_MESSAGE = 1000;

/** Settings that pg_dump makes and older servers do not have, with the first major version that has them. */
const NEWER_SETTINGS: Readonly<Record<string, number>> = { transaction_timeout: 17 };

/**
 * Runs an SQL file, from pg_dump or written by hand, in one transaction as the stack's login, and notes its digest on the
 * database in the same transaction: it runs atomically and only once.
 *
 * A seed may add rows, and tables of its own. Where it changes the directives' objects, privileges, roles or history,
 * everything is rolled back. PostgreSQL does not roll back setval on a sequence that existed before.
 *
 * @throws SEED_REFUSED where the database is protected or not this stack's, or the file is not one that can be a seed
 * @throws STATEMENT_FAILED, LOCK_TIMEOUT with file, line and column; then nothing was changed
 */
export async function seedDatabase(request: SeedRequest): Promise<SeedResult> {
  const { name, bytes, allSteps, onProgress = () => undefined } = request;
  const statements = await cutSeed(name, bytes);
  const mark = `seed ${sha256(bytes)}`;
  const tables = tablesOf(definedObjects(fittingSteps(allSteps)));
  const session = { ...request, tables, applicationName: "v7 seed" };
  return await inMigrationSession(session, async (client) => {
    const note = await expectOwnDatabase(client, request, "SEED_REFUSED");
    if (note.data?.includes(mark) === true) {
      return { outcome: "already" };
    }
    const before = await takeDirectiveState(client, request);
    await withDirectivePath(client, () => runStatements(client, request, statements));
    // Before the commit, so that a failure gets a message of ours.
    await client
      .query("SET CONSTRAINTS ALL IMMEDIATE")
      .catch(asRowFault(`checking the deferred constraints after the seed "${name}"`));
    // A dump empties the search_path, and a seed may have set another role.
    await pinSession(client);
    onProgress(`comparing the directives' objects with what they were`);
    refuseChanged(name, changedState(before, await takeDirectiveState(client, request)));
    await writeDatabaseNote(client, request.connection.databaseName, {
      ...note,
      data: [...(note.data ?? []), mark],
    });
    return { outcome: "seeded" };
  });
}

async function runStatements(
  client: Client,
  { name, bytes, onProgress = () => undefined }: SeedRequest,
  statements: readonly SeedStatement[],
): Promise<void> {
  const major = await serverMajor(client);
  for (const [index, statement] of statements.entries()) {
    if (statement.rows !== undefined || index % STATEMENTS_PER_MESSAGE === 0) {
      const line = String(bytePosition(bytes, statement.offset).line);
      onProgress(
        `${name}:${line}: ${String(index + 1)} of ${String(statements.length)} statements`,
      );
    }
    if (!isUnknownSetting(statement, major)) {
      await runStatement(client, { name, bytes }, statement);
    }
  }
}

async function runStatement(
  client: Client,
  file: Pick<SeedRequest, "name" | "bytes">,
  statement: SeedStatement,
): Promise<void> {
  const text = statement.bytes.toString("utf8");
  try {
    if (statement.rows !== undefined) {
      await copyIn(client, text, statement.rows.bytes);
    } else {
      // By the extended protocol, in which the server refuses a text of several statements.
      await client.query({ text, queryMode: "extended" } as QueryConfig);
    }
  } catch (error) {
    throw seedFault(file, statement, error);
  }
}

/** The remedy for a failed statement. A whole dump often fails, since it creates objects that exist, or extensions. */
const CURE =
  "Correct what the server names, or dump rows alone (pg_dump --data-only --exclude-schema=v7_control)";

/** The fault with the place that the server names: a position in the statement, or a line number among a COPY's rows. */
function seedFault(
  { name, bytes }: Pick<SeedRequest, "name" | "bytes">,
  statement: SeedStatement,
  error: unknown,
): Error {
  const text = statement.bytes.toString("utf8");
  const before = Array.from(text)
    .slice(0, positionOf(error) ?? 0)
    .join("");
  const place = bytePosition(bytes, statement.offset + Buffer.byteLength(before));
  const row = /, \D*(\d+)/.exec((error instanceof DatabaseError ? error.where : "") ?? "")?.[1];
  if (statement.rows !== undefined && positionOf(error) === undefined) {
    const first = bytePosition(bytes, statement.rows.offset).line;
    const line = row === undefined ? place.line : first + Number(row) - 1;
    return rowFault(`running the seed at ${name}:${String(line)}:1`, error);
  }
  return statementFaultAt(
    place,
    { file: name, source: text, stepId: "the seed", cure: CURE },
    error,
  );
}

/** Whether the statement makes a setting that this server does not have: pg_dump's are skipped, as psql ignores the error. */
function isUnknownSetting({ setting = "" }: SeedStatement, major: number): boolean {
  return (NEWER_SETTINGS[setting] ?? 0) > major;
}

function refuseChanged(name: string, changed: readonly string[]): void {
  if (changed.length > 0) {
    throw fault("SEED_REFUSED", {
      what: `comparing the directives' objects after the seed "${name}"`,
      found: `${String(changed.length)} changed`,
      expected: "no change: a seed adds rows, and tables of its own",
      remedy:
        "Nothing was changed: everything was rolled back. Take out of the file what touches these (pg_dump --data-only --exclude-schema=v7_control)",
      detail: changed.map((line) => `  - ${line}`),
    });
  }
}
