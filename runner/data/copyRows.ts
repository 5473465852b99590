import { randomBytes } from "node:crypto";
import type { Client } from "pg";
import { fault } from "../base/fault";
import { inCopyOrder, readForeignKeys, referringTables } from "../catalog/copyOrder";
import type { Directives } from "../directive/directive";
import { changedState, takeDirectiveState } from "../drift/directiveState";
import type { ConnectionSettings } from "../model";
import { BOUNDS } from "../postgres/bounds";
import { withConnection } from "../postgres/connection";
import { writeDatabaseNote } from "../postgres/databaseNote";
import { inMigrationSession } from "../postgres/lockedSession";
import { formatName, quote } from "../postgres/names";
import { isProtected } from "../postgres/protection";
import { describeTarget } from "../postgres/target";
import { lockTables } from "../postgres/waitForLock";
import { dataFault, expectUnwritten, nothingFault } from "./copyRefusals";
import { copySequences } from "./copySequences";
import { copyAcross } from "./copyStream";
import { findCopyTables, type CopyTable, type NotCopied } from "./copyTables";
import { expectOwnDatabase } from "./emptyBranch";
import { withoutUserTriggers } from "./pausedTriggers";
import { asRowFault } from "./rowFault";

export interface CopyRequest extends Pick<Directives, "allSteps" | "access"> {
  readonly from: ConnectionSettings;
  readonly to: ConnectionSettings;
  /** The stack that the target must belong to, by its note. */
  readonly stack: string;
  /** The stack whose data is copied; the target's note records it. */
  readonly fromStack: string;
  /** Whether the source may be a protected database; it is only read in any case. */
  readonly allowProtectedSource: boolean;
  /** For each statement; one COPY copies a whole table. Default: 600. */
  readonly statementTimeoutSeconds?: number;
  readonly onProgress?: (message: string) => void;
}

export interface CopyResult {
  /** `already`: this database had that stack's data before, and nothing ran. */
  readonly outcome: "copied" | "already";
  /** In the order in which they were copied. */
  readonly tables: readonly { readonly table: string; readonly rows: number }[];
  /** Tables of the source that were left out. */
  readonly notCopied: readonly NotCopied[];
}

const COPIED_BEFORE: CopyResult = { outcome: "already", tables: [], notCopied: [] };

/**
 * Replaces the target's rows by the source's in every table that both have with the same columns: from one read-only
 * snapshot of the source, in one transaction of the target. Sequences are set to the source's values.
 *
 * The target's rows may only be those of the population and those that came with the database: rows that somebody wrote are
 * never lost. User triggers do not fire; foreign keys and checks hold. Works between any two major versions.
 *
 * @throws COPY_REFUSED where the target is protected, not this stack's, or holds data; where the source is protected
 * @throws STATEMENT_FAILED, LOCK_TIMEOUT, VERIFY_FAILED; then nothing was changed. No fault holds a value of a row
 */
export async function copyRows(request: CopyRequest): Promise<CopyResult> {
  const { from, to, fromStack } = request;
  const mark = `from ${fromStack}`;
  const session = { ...request, connection: to, applicationName: "v7 copy" };
  return await inMigrationSession(session, async (target) => {
    const note = await expectOwnDatabase(target, { ...request, connection: to }, "COPY_REFUSED");
    if (note.data?.includes(mark) === true) {
      return COPIED_BEFORE;
    }
    if (note.data !== undefined && note.data.length > 0) {
      throw dataFault(request, note.data);
    }
    const result = await withConnection(
      from,
      async (source) => {
        await beginReading(source, target, request);
        return await replaceRows(source, target, request);
      },
      { applicationName: "v7 copy", answerSeconds: BOUNDS.longAnswerSeconds },
    );
    await writeDatabaseNote(target, to.databaseName, { ...note, data: [mark] });
    return result;
  });
}

/** Begins a read-only transaction with one snapshot of the source. With row_security off, a row policy causes an error instead of hiding rows. */
async function beginReading(source: Client, target: Client, request: CopyRequest): Promise<void> {
  await source.query("BEGIN TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY");
  await source.query("SET LOCAL row_security = off");
  const what = `reading the rows of ${describeTarget(request.from)}`;
  if (!request.allowProtectedSource && (await isProtected(source))) {
    throw fault("COPY_REFUSED", {
      what,
      found: "a protected database",
      expected: "data that may leave it",
      remedy:
        "Nothing was read. Where its rows may be copied into this branch, say so: --with-production-data",
    });
  }
  // Checks by a lock that the source is not the target itself: a server may have several addresses.
  const key = randomBytes(8).readBigInt64BE().toString();
  await target.query("SELECT pg_catalog.pg_advisory_xact_lock($1::bigint)", [key]);
  const { rows } = await source.query<{ isFree: boolean }>(
    'SELECT pg_catalog.pg_try_advisory_xact_lock($1::bigint) AS "isFree"',
    [key],
  );
  if (rows[0]?.isFree !== true) {
    throw fault("COPY_REFUSED", {
      what,
      found: "the target itself",
      expected: "another database",
      remedy: "Nothing was changed. Name the stack whose data the branch should have",
    });
  }
}

async function replaceRows(
  source: Client,
  target: Client,
  request: CopyRequest,
): Promise<CopyResult> {
  const { onProgress = () => undefined } = request;
  onProgress("comparing the tables of both sides");
  const { tables, notCopied } = await findCopyTables(source, target);
  const keys = await readForeignKeys(target);
  const ordered = inCopyOrder(tables, keys);
  if (ordered.length === 0) {
    throw nothingFault(request, notCopied);
  }
  const before = await takeDirectiveState(target, request);
  const referring = referringTables(ordered, keys);
  await lockTables(target, ordered).catch(asRowFault("locking the target's tables"));
  await expectUnwritten(target, request, ordered, referring);
  const copied = await withoutUserTriggers(target, ordered, async () => {
    await target.query("SET CONSTRAINTS ALL DEFERRED");
    await emptyTables(target, ordered, referring.length > 0);
    return await copyTables(source, target, ordered, onProgress);
  });
  await copySequences(source, target, ordered).catch(asRowFault("setting the sequences"));
  onProgress("comparing the directives' objects with what they were");
  expectUnchanged(changedState(before, await takeDirectiveState(target, request)));
  return { outcome: "copied", tables: copied, notCopied };
}

async function copyTables(
  source: Client,
  target: Client,
  tables: readonly CopyTable[],
  onProgress: (message: string) => void,
): Promise<CopyResult["tables"]> {
  const copied: { table: string; rows: number }[] = [];
  for (const [index, table] of tables.entries()) {
    const name = formatName(table);
    onProgress(`copying ${name} (${String(index + 1)} of ${String(tables.length)})`);
    copied.push({ table: name, rows: await copyTable(source, target, table) });
  }
  await target
    .query("SET CONSTRAINTS ALL IMMEDIATE")
    .catch(asRowFault("checking the deferrable constraints of the copied rows"));
  return copied;
}

async function copyTable(source: Client, target: Client, table: CopyTable): Promise<number> {
  const name = formatName(table);
  const { sent, taken } = await copyAcross(
    { client: source, sql: table.copyTo },
    { client: target, sql: table.copyFrom },
  ).catch(asRowFault(`copying "${name}"`));
  if (sent !== taken) {
    throw fault("VERIFY_FAILED", {
      what: `copying "${name}"`,
      found: `${String(taken)} rows`,
      expected: `the source's ${String(sent)}`,
      remedy: "Nothing was changed: everything was rolled back. Look for rules on the table",
    });
  }
  return taken;
}

/** Removes all rows: by TRUNCATE, which is faster, or by DELETE where other tables, even empty ones, refer to these. */
async function emptyTables(
  target: Client,
  tables: readonly CopyTable[],
  isReferredTo: boolean,
): Promise<void> {
  // ONLY leaves inheriting tables alone; a partitioned table's rows are those of its partitions.
  const names = tables.map((table) => `${table.isPartitioned ? "" : "ONLY "}${quote(table)}`);
  const statements = isReferredTo
    ? names.reverse().map((name) => `DELETE FROM ${name}`)
    : [`TRUNCATE ${names.join(", ")}`];
  for (const statement of statements) {
    await target.query(statement).catch(asRowFault("making room for the source's rows"));
  }
}

function expectUnchanged(changed: readonly string[]): void {
  if (changed.length > 0) {
    throw fault("VERIFY_FAILED", {
      what: "comparing the directives' objects after the copy",
      found: `${String(changed.length)} changed`,
      expected: "none",
      remedy: "Nothing was changed: everything was rolled back. Look for event triggers",
      detail: changed.map((line) => `  - ${line}`),
    });
  }
}
