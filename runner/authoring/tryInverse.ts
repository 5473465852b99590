import type { Client } from "pg";
import { Fault } from "../base/fault";
import { sha256 } from "../base/sha256";
import { changeBetween, isEmptyChange } from "../catalog/change";
import { describeCatalog, type DescribedCatalog } from "../catalog/describe";
import { executeInverses } from "../execute/executeStep";
import { isConcurrent } from "../execute/units";
import type { CatalogChange, Statement, Step } from "../model";
import { together } from "../postgres/together";
import { sliceStatements } from "../sql/statements";
import { describeChange } from "./describeChange";
import { namesIn, type Names } from "./namesIn";
import { proposeInverse } from "./proposeInverse";
import { readRows } from "./tableRows";

/** The database before a step. */
export interface Before {
  readonly catalog: DescribedCatalog;
  /** A digest of each table's rows. */
  readonly rows: ReadonlyMap<string, string>;
}

/** What a step's inverse did not take back. */
export interface Left {
  readonly change: CatalogChange;
  /** Tables with other rows than before. */
  readonly rows: readonly string[];
}

/** A statement of an inverse, as it ran. */
interface RanInverse extends Names {
  readonly statement: Statement;
  readonly tag: string;
}

/** What became of trying an inverse. */
export interface Tried extends Left {
  readonly statements: readonly RanInverse[];
}

/** An inverse that nobody wrote, and what came of trying it: where nothing hinders, it is proved on this server. */
export interface TriedProposal {
  readonly sql: string;
  readonly hinders: readonly string[];
}

/**
 * What is made in a transaction is tried within it; what is built outside of one stays, and its inverse is tried in one
 * of its own.
 */
const tryOf = (step: Step): { readonly begin: string; readonly end: string } =>
  isConcurrent(step)
    ? { begin: "BEGIN", end: "ROLLBACK" }
    : {
        begin: "SAVEPOINT v7_inverse",
        end: "ROLLBACK TO SAVEPOINT v7_inverse; RELEASE SAVEPOINT v7_inverse",
      };

/**
 * Runs the inverse of a step that ran, says what it leaves, and takes it back.
 *
 * @throws STATEMENT_FAILED
 */
export async function tryInverse(client: Client, step: Step, before: Before): Promise<Tried> {
  const { begin, end } = tryOf(step);
  await client.query(begin);
  try {
    const statements: RanInverse[] = [];
    await executeInverses(client, [step], {
      onExecuted: async (_, statement, { tag }) => {
        statements.push({ statement, tag, ...(await namesIn(client, statement)) });
      },
    });
    const [rows, catalog] = await together([readRows(client), describeCatalog(client)]);
    return {
      change: changeBetween(before.catalog, catalog),
      rows: [...before.rows].flatMap(([table, hash]) => (rows.get(table) === hash ? [] : [table])),
      statements,
    };
  } finally {
    await client.query(end);
  }
}

/** Whether nothing is left. */
export function isProved({ change, rows }: Left): boolean {
  return isEmptyChange(change) && rows.length === 0;
}

/** A line for each thing that is left. */
export function describeLeft({ change, rows }: Left): readonly string[] {
  return [...describeChange(change), ...rows.map((table) => `  other rows: ${table}`)];
}

/**
 * Proposes an inverse for a step that ran and has none, and tries it like any other.
 *
 * @param after the catalog as the step left it
 * @param changes what each of the step's statements did
 */
export async function tryProposal(
  client: Client,
  step: Step,
  before: Before,
  after: DescribedCatalog,
  changes: readonly CatalogChange[],
): Promise<TriedProposal> {
  const net = changeBetween(before.catalog, after);
  const { statements, hinders } = proposeInverse(net, changes);
  const sql = statements.map((one) => `${one};\n`).join("");
  if (hinders.length > 0 || sql === "") {
    return { sql, hinders };
  }
  const bytes = Buffer.from(sql, "utf8");
  const file = `rollback/${step.id}.sql`;
  const inverse = {
    file,
    sha256: sha256(bytes),
    statements: await sliceStatements(file, bytes),
    source: sql,
  };
  try {
    const left = await tryInverse(client, { ...step, inverse }, before);
    return { sql, hinders: isProved(left) ? [] : describeLeft(left).map((line) => line.trim()) };
  } catch (error) {
    if (error instanceof Fault) {
      return { sql, hinders: [error.parts.found] };
    }
    throw error;
  }
}
