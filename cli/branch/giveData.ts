import { readFileSync, statSync } from "node:fs";
import { basename } from "node:path";
import { say } from "../../engine/progress";
import { fault } from "../../runner/base/fault";
import { copyRows } from "../../runner/data/copyRows";
import { seedDatabase, type SeedRequest } from "../../runner/data/seed";
import { readStackRequest } from "../request";
import { connectionFromUrl, readOutputs } from "../stack";

/** The data for a branch's database, in addition to the directive's own rows. */
export interface GivenData {
  /** A stack whose rows are copied. */
  readonly from?: string;
  /** A file of SQL. */
  readonly seed?: string;
  /** Whether rows of a protected stack may be copied. */
  readonly withProductionData?: true;
}

/** A seed's bytes, read before anything is made. */
export type ReadSeed = Pick<SeedRequest, "name" | "bytes">;

/** @throws COMMAND_INVALID where the file cannot be read */
export function readSeed(file: string): ReadSeed {
  if (statSync(file, { throwIfNoEntry: false })?.isFile() !== true) {
    throw fault("COMMAND_INVALID", {
      what: "reading --seed",
      found: `no file "${file}"`,
      remedy: "Name one",
    });
  }
  return { name: basename(file), bytes: readFileSync(file) };
}

/**
 * Gives a stack's database its data: first the rows of another stack, then the seed. Data that it has already received is
 * skipped.
 *
 * @throws COPY_REFUSED, SEED_REFUSED, STATEMENT_FAILED
 */
export async function giveData(
  stack: string,
  { from, withProductionData }: GivenData,
  seed: ReadSeed | undefined,
): Promise<void> {
  if (from === undefined && seed === undefined) {
    return;
  }
  const { request, settings } = await readStackRequest(stack);
  const { connection, ...directives } = request;
  const { statementTimeoutSeconds } = settings;
  const onProgress = (message: string): void => {
    say(`  ${message}`);
  };
  const common = { ...directives, stack, statementTimeoutSeconds, onProgress };
  if (from !== undefined) {
    say(`copying the rows of stack ${from}`);
    const source = connectionFromUrl((await readOutputs(from)).databaseUrl);
    const { outcome, tables, notCopied } = await copyRows({
      ...common,
      from: source,
      to: connection,
      fromStack: from,
      allowProtectedSource: withProductionData === true,
    });
    const rows = tables.reduce((sum, one) => sum + one.rows, 0);
    say(
      outcome === "already" ? "  it has them already" : `  ${rows} rows of ${tables.length} tables`,
    );
    notCopied.forEach(({ table, reason }) => {
      say(`  not copied: ${table}: ${reason}`);
    });
  }
  if (seed !== undefined) {
    say(`loading ${seed.name}`);
    const { outcome } = await seedDatabase({ ...common, connection, ...seed });
    say(outcome === "already" ? "  it has it already" : "  done");
  }
}
