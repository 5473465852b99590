import { DatabaseError, type ClientBase } from "pg";
import {
  formerName,
  isSameObject,
  laterId,
  laterName,
  qualified,
  snapshotKey,
} from "../catalog/kinds/objectId";
import type { CatalogChange, ObjectId, QualifiedName } from "../model";
import { formatName, quote, sameName, splitNames } from "../postgres/names";
import { MAX_EXPRESSION_CHARACTERS } from "./bounds";
import type { SurroundingTable } from "./surroundingsModel";
import { FAMILIES, readRows, REFERENCED, TABLE } from "./surroundingsQueries";

const COUNTED_ROWS = 1_000_000;
/** One more than is allowed, so that texts that are too long can be recognized. */
export const READ_CHARACTERS = MAX_EXPRESSION_CHARACTERS + 1;
const COUNT_TIMEOUT = "30s";

/** What the steps need, with parts, by the names before them; what all steps change, and the applied ones. */
interface Wanted {
  readonly needed: readonly ObjectId[];
  readonly all: CatalogChange;
  readonly former: CatalogChange;
}

/**
 * Reads the tables of others that the steps need, with their families, and those to which needed foreign keys refer: as they
 * are now, by their names before the applied steps, without what the steps made.
 */
export async function readTables(
  client: ClientBase,
  { needed, all, former }: Wanted,
): Promise<readonly SurroundingTable[]> {
  const own = new Set(ownObjects(all, former).map(snapshotKey));
  const keys = needed
    .map((id) => laterId(id, former.renamed))
    .flatMap(({ kind, name, of }) => (kind === "constraint" && of ? [{ name, of }] : []));
  const referenced = await readRows<QualifiedName>(client, REFERENCED, [
    ...splitNames(keys.map(({ of }) => qualified(of))),
    keys.map(({ name }) => name),
  ]);
  const wanted = distinctNames([
    ...needed.filter(({ kind }) => kind === "table" || kind === "published table").map(qualified),
    ...referenced
      .map((name) => formerName(name, former.renamed))
      .filter((name) => !own.has(`table ${formatName(name)}`)),
  ]);
  const made = new Set(former.added.map(({ id }) => snapshotKey(id)));
  const present = wanted.map((name) => laterName(name, former.renamed));
  const family = (await readRows<FamilyMember>(client, FAMILIES, splitNames(present)))
    .filter((one) => !made.has(`table ${formatName(one)}`))
    .map((one) => [one, ...one.ancestors].map((name) => formerName(name, former.renamed)));
  const tables: SurroundingTable[] = [];
  for (const name of distinctNames([...wanted, ...family.flatMap((names) => names.slice(0, 1))])) {
    const now = laterName(name, former.renamed);
    const lineage = family.find(([member]) => member !== undefined && sameName(member, name));
    const [table] = await readRows<SurroundingTable>(client, TABLE, [
      now.schema,
      now.name,
      ...ownOn(all, former, lineage ?? [name]),
      READ_CHARACTERS,
    ]);
    if (table !== undefined) {
      tables.push({ ...table, name, rows: table.rows ?? (await countRows(client, now)) });
    }
  }
  return tables;
}

function distinctNames(names: readonly QualifiedName[]): readonly QualifiedName[] {
  return [...new Map(names.map((name) => [quote(name), name])).values()];
}

/** A table by its present name, and those from which it inherits, directly or not. */
interface FamilyMember extends QualifiedName {
  readonly ancestors: readonly QualifiedName[];
}

/**
 * The objects that the steps make, by their names after all steps and by their present ones. Without names that objects of
 * others still have, until a step renames these.
 */
export function ownObjects(all: CatalogChange, former: CatalogChange): readonly ObjectId[] {
  const waiting = all.renamed.filter(
    ({ from }) => !former.renamed.some((done) => isSameObject(done.from, from)),
  );
  return [
    ...former.added.map(({ id }) => id),
    ...all.added
      .map(({ id }) => id)
      .filter((id) => !waiting.some(({ from }) => isSameObject(from, id))),
  ];
}

/**
 * The names of the parts that the steps add to a table of others: indexes, constraints and so on, and columns.
 *
 * @param tables the table and those from which it inherits: it has their columns and checks, too
 */
function ownOn(
  change: CatalogChange,
  former: CatalogChange,
  tables: readonly QualifiedName[],
): readonly [names: string[], columns: string[]] {
  const hosts = tables.map((name) => laterName(name, change.renamed));
  const own = ownObjects(change, former).filter(({ of }) =>
    hosts.some(({ schema, name }) => of?.schema === schema && of.name === name),
  );
  const names = (isColumn: boolean): string[] =>
    own.flatMap(({ kind, name }) => ((kind === "column") === isColumn ? [name] : []));
  return [names(false), names(true)];
}

/** Counts a table's rows. Not with policies for this login: they are the target's code and would run as this login. */
async function countRows(client: ClientBase, name: QualifiedName): Promise<number | null> {
  const { rows: allowed } = await client.query<{ may: boolean }>(
    `SELECT pg_catalog.has_table_privilege($1::text, 'SELECT') AND NOT pg_catalog.row_security_active($1::text) AS may`,
    [quote(name)],
  );
  if (allowed[0]?.may !== true) {
    return null;
  }
  await client.query(`SAVEPOINT counting; SET LOCAL statement_timeout = '${COUNT_TIMEOUT}'`);
  try {
    const { rows } = await client.query<{ count: string }>(
      `SELECT pg_catalog.count(*) FROM (SELECT FROM ONLY ${quote(name)} LIMIT ${String(COUNTED_ROWS)}) AS counted`,
    );
    return Number(rows[0]?.count);
  } catch (error) {
    if (error instanceof DatabaseError) {
      return null;
    }
    throw error;
  } finally {
    await client.query("ROLLBACK TO SAVEPOINT counting");
  }
}
