import type { ClientBase } from "pg";
import type { QualifiedName } from "../model";
import { formatName, quote } from "../postgres/names";

/** The sequence of a column: of an identity, of serial, or named in its default. */
interface ColumnSequence extends QualifiedName {
  /** `public.jobs.id` */
  readonly column: string;
}

interface SequenceValue {
  /** As text, since it may exceed JavaScript's exact integers. */
  readonly lastValue: string;
  readonly isCalled: boolean;
}

const SEQUENCES = `
  WITH wanted AS (SELECT named.relation, named.relation::pg_catalog.regclass::pg_catalog.oid AS oid
                    FROM unnest($1::text[]) AS named(relation)),
  found AS (
    SELECT d.refobjid AS relation, d.refobjsubid AS position, d.objid AS sequence
      FROM pg_catalog.pg_depend d
     WHERE d.classid = 'pg_catalog.pg_class'::pg_catalog.regclass
       AND d.refclassid = 'pg_catalog.pg_class'::pg_catalog.regclass AND d.refobjsubid > 0 AND d.deptype IN ('a', 'i')
     UNION
    SELECT f.adrelid, f.adnum, d.refobjid
      FROM pg_catalog.pg_attrdef f JOIN pg_catalog.pg_depend d
        ON d.classid = 'pg_catalog.pg_attrdef'::pg_catalog.regclass AND d.objid = f.oid
       AND d.refclassid = 'pg_catalog.pg_class'::pg_catalog.regclass
  )
  SELECT DISTINCT tn.nspname || '.' || t.relname || '.' || a.attname AS column, n.nspname AS schema, s.relname AS name
    FROM wanted JOIN found ON found.relation = wanted.oid
    JOIN pg_catalog.pg_class t ON t.oid = wanted.oid JOIN pg_catalog.pg_namespace tn ON tn.oid = t.relnamespace
    JOIN pg_catalog.pg_attribute a ON a.attrelid = wanted.oid AND a.attnum = found.position
    JOIN pg_catalog.pg_class s ON s.oid = found.sequence AND s.relkind = 'S'
    JOIN pg_catalog.pg_namespace n ON n.oid = s.relnamespace
   ORDER BY 1, 2, 3`;

/**
 * Sets the sequences of these tables' columns to the source's values, in the caller's transaction. A rollback alone would
 * not undo setval; ALTER SEQUENCE ... RESTART before it makes both transactional.
 */
export async function copySequences(
  source: ClientBase,
  target: ClientBase,
  tables: readonly QualifiedName[],
): Promise<void> {
  const there = new Map((await readSequences(source, tables)).map((one) => [one.column, one]));
  const values = new Map<string, SequenceValue>();
  for (const here of await readSequences(target, tables)) {
    const from = there.get(here.column);
    if (from !== undefined) {
      const value = await readValue(source, from);
      const known = values.get(quote(here));
      // Several columns may share a sequence, which gets the largest value.
      if (known === undefined || BigInt(known.lastValue) < BigInt(value.lastValue)) {
        values.set(quote(here), value);
      }
    }
  }
  for (const [sequence, { lastValue, isCalled }] of values) {
    await target.query(`ALTER SEQUENCE ${sequence} RESTART`);
    await target.query("SELECT pg_catalog.setval($1::pg_catalog.regclass, $2, $3)", [
      sequence,
      lastValue,
      isCalled,
    ]);
  }
}

async function readSequences(
  client: ClientBase,
  tables: readonly QualifiedName[],
): Promise<readonly ColumnSequence[]> {
  return (await client.query<ColumnSequence>(SEQUENCES, [tables.map(quote)])).rows;
}

async function readValue(client: ClientBase, sequence: QualifiedName): Promise<SequenceValue> {
  const { rows } = await client.query<SequenceValue>(
    `SELECT last_value::text AS "lastValue", is_called AS "isCalled" FROM ${quote(sequence)}`,
  );
  const [value] = rows;
  if (value === undefined) {
    throw new Error(`the sequence ${formatName(sequence)} has no value`);
  }
  return value;
}
