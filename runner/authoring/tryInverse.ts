import type { Client, ClientBase } from "pg";
import { unlessFault } from "../base/fault";
import { sha256 } from "../base/sha256";
import { changeBetween, isEmptyChange } from "../catalog/change";
import { describeCatalog, type DescribedCatalog } from "../catalog/describe";
import { executeInverses } from "../execute/executeStep";
import { isConcurrent } from "../execute/units";
import type { CatalogChange, Statement, Step } from "../model";
import { quote } from "../postgres/names";
import { together } from "../postgres/together";
import { namesIn as identifiersIn } from "../sql/identifiers";
import { sliceStatements } from "../sql/statements";
import { describeChange } from "./describeChange";
import { namesIn, type Names } from "./namesIn";
import { proposeInverse } from "./proposeInverse";
import { remadeBetween } from "./remade";

/** The state of the database before a step. */
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
  /** What it dropped and made again, although the step had left it: the rows in it would be lost. */
  readonly remade: readonly string[];
}

interface RanInverse extends Names {
  readonly statement: Statement;
  readonly tag: string;
}

export interface Tried extends Left {
  readonly statements: readonly RanInverse[];
}

/** A proposed inverse, and the result of trying it: without `hinders` it is proved on this server. */
export interface TriedProposal {
  readonly sql: string;
  readonly hinders: readonly string[];
}

/**
 * The statements around a try. For a step in a transaction it is a savepoint in it; a concurrent step is committed, so its
 * inverse is tried in a transaction of its own.
 */
const tryOf = (step: Step): { readonly begin: string; readonly end: string } =>
  isConcurrent(step)
    ? { begin: "BEGIN", end: "ROLLBACK" }
    : {
        begin: "SAVEPOINT v7_inverse",
        end: "ROLLBACK TO SAVEPOINT v7_inverse; RELEASE SAVEPOINT v7_inverse",
      };

/**
 * Runs a step's inverse after the step, compares the database with that before the step, and undoes the inverse.
 *
 * @param after the catalog after the step
 * @throws STATEMENT_FAILED
 */
export async function tryInverse(
  client: Client,
  step: Step,
  before: Before,
  after: DescribedCatalog,
): Promise<Tried> {
  const { begin, end } = tryOf(step);
  const there = new Set([...before.catalog.values()].map(({ address }) => address));
  const left = new Map([...after].filter(([, { address }]) => there.has(address)));
  await client.query(begin);
  try {
    const statements: RanInverse[] = [];
    await executeInverses(client, [step], {
      onExecuted: async (_, statement, { tag }) => {
        statements.push({ statement, tag, ...(await namesIn(client, statement)) });
      },
    });
    const [rows, catalog] = await together([readRows(client), describeCatalog(client)]);
    const change = changeBetween(before.catalog, catalog);
    const gone = [...before.catalog].flatMap(([key, { id }]) =>
      id.kind === "table" && !after.has(key) ? [id.name] : [],
    );
    return {
      change: { ...change, changed: change.changed.filter((one) => !waitsForRows(one, gone)) },
      rows: [...before.rows].flatMap(([table, hash]) => (rows.get(table) === hash ? [] : [table])),
      remade: remadeBetween(left, catalog),
      statements,
    };
  } finally {
    await client.query(end);
  }
}

/**
 * Whether a foreign key is as before, but NOT VALID: it refers to a table that the step dropped, whose rows are there again
 * only after a restore, which validates it.
 */
function waitsForRows(
  { properties }: CatalogChange["changed"][number],
  gone: readonly string[],
): boolean {
  const { definition, ...others } = properties;
  const [, table = ""] =
    /^FOREIGN KEY .* REFERENCES ([^(]+)\(/.exec(String(definition?.from)) ?? [];
  return (
    Object.keys(others).length === 0 &&
    definition?.to === `${String(definition?.from)} NOT VALID` &&
    gone.includes(identifiersIn(table).at(-1) ?? "")
  );
}

/** Whether the inverse left nothing of the step. */
export function isProved({ change, rows, remade }: Left): boolean {
  return isEmptyChange(change) && rows.length + remade.length === 0;
}

/** A line for each thing that the inverse left. */
export function describeLeft({ change, rows, remade }: Left): readonly string[] {
  return [
    ...describeChange(change),
    ...rows.map((table) => `other rows: ${table}`),
    ...remade.map((one) => `dropped and made again, without what people wrote: ${one}`),
  ];
}

/**
 * Proposes an inverse for a step that has none, and tries it.
 *
 * @param after the catalog after the step
 * @param changes the changes of the step's statements
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
  return await unlessFault(
    async () => {
      const left = await tryInverse(client, { ...step, inverse }, before, after);
      return { sql, hinders: isProved(left) ? [] : describeLeft(left) };
    },
    ({ parts }) => ({ sql, hinders: [parts.found] }),
  );
}

/** A digest of each table's rows, by the table's name: an inverse must restore the rows, too. */
export async function readRows(client: ClientBase): Promise<ReadonlyMap<string, string>> {
  const { rows: tables } = await client.query<{ schema: string; name: string }>(
    `SELECT n.nspname AS schema, c.relname AS name
       FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
      WHERE c.relkind = 'r' AND n.nspname !~ '^pg_' AND n.nspname <> 'information_schema'
        AND has_table_privilege(c.oid, 'SELECT')
      ORDER BY 1, 2`,
  );
  if (tables.length === 0) {
    return new Map();
  }
  const digests = tables.map(
    (table) => `SELECT md5(string_agg(t::text, chr(10) ORDER BY t::text)) FROM ${quote(table)} t`,
  );
  const { rows } = await client.query<{ digests: (string | null)[] }>(
    `SELECT ARRAY[${digests.map((digest) => `(${digest})`).join(", ")}] AS digests`,
  );
  return new Map(
    tables.map((table, index) => [quote(table), rows[0]?.digests[index] ?? ""] as const),
  );
}
