import { escapeIdentifier, type ClientBase } from "pg";
import { fault } from "../base/fault";
import type { QualifiedName } from "../model";
import { formatName, quote } from "../postgres/names";

interface Trigger extends QualifiedName {
  readonly trigger: string;
  /** `O` and `A` fire in a session like ours; `R` and `D` do not. */
  readonly enabled: "O" | "A" | "R" | "D";
}

/** The action of ALTER TABLE for each value of pg_trigger.tgenabled. */
const ENABLE: Readonly<Record<Trigger["enabled"], string>> = {
  O: "ENABLE TRIGGER",
  A: "ENABLE ALWAYS TRIGGER",
  R: "ENABLE REPLICA TRIGGER",
  D: "DISABLE TRIGGER",
};

/** The triggers of the tables and their partitions, roots first. Without internal triggers such as those of foreign keys. */
const TRIGGERS = `
  SELECT n.nspname AS schema, c.relname AS name, t.tgname AS trigger, t.tgenabled AS enabled
    FROM unnest($1::text[]) AS named(relation)
   CROSS JOIN LATERAL (
     SELECT named.relation::pg_catalog.regclass::pg_catalog.oid AS oid, 0 AS level
      UNION
     SELECT part.relid::pg_catalog.oid, part.level
       FROM pg_catalog.pg_partition_tree(named.relation::pg_catalog.regclass) AS part
   ) AS one
    JOIN pg_catalog.pg_trigger t ON t.tgrelid = one.oid AND NOT t.tgisinternal
    JOIN pg_catalog.pg_class c ON c.oid = one.oid JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
   ORDER BY one.level, 1, 2, 3`;

/**
 * Runs `use` while the user triggers of these tables are disabled, and restores each trigger's state. The caller owns the
 * tables and the transaction: where `use` throws, the caller's rollback restores the triggers.
 *
 * @throws VERIFY_FAILED where a trigger's state was not restored
 */
export async function withoutUserTriggers<T>(
  client: ClientBase,
  tables: readonly QualifiedName[],
  use: () => Promise<T>,
): Promise<T> {
  const before = await readTriggers(client, tables);
  const firing = before.filter(({ enabled }) => enabled === "O" || enabled === "A");
  for (const trigger of firing) {
    await client.query(alter(trigger, ENABLE.D));
  }
  const result = await use();
  if (firing.length > 0) {
    // All triggers, roots first: on some versions altering a root's trigger alters those of its partitions, too.
    for (const trigger of before) {
      await client.query(alter(trigger, ENABLE[trigger.enabled]));
    }
  }
  expectSame(before, await readTriggers(client, tables));
  return result;
}

async function readTriggers(
  client: ClientBase,
  tables: readonly QualifiedName[],
): Promise<readonly Trigger[]> {
  return (await client.query<Trigger>(TRIGGERS, [tables.map(quote)])).rows;
}

function alter(table: Trigger, how: string): string {
  return `ALTER TABLE ONLY ${quote(table)} ${how} ${escapeIdentifier(table.trigger)}`;
}

function expectSame(before: readonly Trigger[], after: readonly Trigger[]): void {
  const describe = (one: Trigger): string => `${formatName(one)}.${one.trigger}: ${one.enabled}`;
  const found = after.map(describe);
  const changed = before.map(describe).filter((line) => !found.includes(line));
  if (changed.length > 0 || found.length !== before.length) {
    throw fault("VERIFY_FAILED", {
      what: "putting the triggers back to how they were",
      found: `${String(changed.length)} that differ`,
      expected: "none",
      remedy: "Nothing was changed: everything was rolled back. Look for event triggers",
      detail: changed.map((line) => `  - ${line}`),
    });
  }
}
