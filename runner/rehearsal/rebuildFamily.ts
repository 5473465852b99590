import type { QualifiedName } from "../model";
import { quote, sameName } from "../postgres/names";
import { isAllowedBound, isAllowedPartitionKey } from "./allowedExpression";
import { NOT_ALLOWED, quoted, type Rebuilder } from "./rebuilder";
import type { SurroundingTable } from "./surroundingsModel";

/** The tables in an order in which each comes after those from which it inherits. */
export function parentsFirst(tables: readonly SurroundingTable[]): readonly SurroundingTable[] {
  const waits = ({ parents }: SurroundingTable): boolean =>
    tables.some(({ name }) => parents.some((parent) => sameName(parent, name)));
  const free = tables.filter((table) => !waits(table));
  const rest = tables.filter(waits);
  return free.length === 0 || rest.length === 0 ? tables : [...free, ...parentsFirst(rest)];
}

/** The tables from which it inherits; not the one of which it is a partition. */
export function inheritedFrom({ bound, parents }: SurroundingTable): readonly QualifiedName[] {
  return bound === null ? parents : [];
}

/**
 * Makes a table with its own columns again, as one that has partitions, or that inherits from others: a table cannot become
 * the one, and could become the other only with columns that stay when the others lose theirs.
 */
export async function joinFamily(builder: Rebuilder, table: SurroundingTable): Promise<void> {
  const { name, partitionKey } = table;
  const parents = inheritedFrom(table);
  if (partitionKey === null && parents.length === 0) {
    return;
  }
  const columns = { ...name, name: "v7_columns" };
  const isRefused = partitionKey !== null && !(await isAllowedPartitionKey(partitionKey));
  await builder.attempt(
    `${partitionKey === null ? "inheritance" : "partition key"} of ${quoted(name.schema, name.name)}`,
    `ALTER TABLE ${quote(name)} RENAME TO ${columns.name};
     CREATE TABLE ${quote(name)} (LIKE ${quote(columns)} INCLUDING DEFAULTS INCLUDING GENERATED INCLUDING IDENTITY)
     ${parents.length === 0 ? "" : `INHERITS (${parents.map(quote).join(", ")})`}
     ${partitionKey === null ? "" : `PARTITION BY ${partitionKey}`}
     ;
     DROP TABLE ${quote(columns)}`,
    isRefused && NOT_ALLOWED,
  );
}

/**
 * Makes tables partitions of others. Where the generated rows of one do not fit, it is one without rows.
 *
 * @param tables all of them, with their constraints and indexes: those of the whole become the parts' own
 */
export async function attachPartitions(
  builder: Rebuilder,
  tables: readonly SurroundingTable[],
): Promise<void> {
  // A default partition must not have rows of one that comes after it.
  const isDefault = ({ bound }: SurroundingTable): number => Number(bound === "DEFAULT");
  const inTurn = [...parentsFirst(tables)].sort((a, b) => isDefault(a) - isDefault(b));
  for (const { name, bound, parents } of inTurn) {
    const [whole] = parents;
    if (bound === null || whole === undefined) {
      continue;
    }
    const what = `partition bound of ${quoted(name.schema, name.name)}`;
    const attach = `ALTER TABLE ${quote(whole)} ATTACH PARTITION ${quote(name)} ${bound}`;
    const refusal = !(await isAllowedBound(bound)) && NOT_ALLOWED;
    if (refusal !== false || !(await builder.canRun(attach))) {
      await builder.attempt(what, `TRUNCATE ${quote(name)};\n${attach}`, refusal);
    }
  }
}
