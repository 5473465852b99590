import { escapeIdentifier as id, escapeLiteral } from "pg";
import type { ObjectId } from "../model";
import { quote } from "../postgres/names";
import { inParentheses } from "../sql/expression";
import { partitionValues } from "./partitionValues";
import { attachPartitions, parentsFirst } from "./rebuildFamily";
import { rebuildGrants } from "./rebuildGrants";
import { rebuildPublications } from "./rebuildPublications";
import { rebuildTable } from "./rebuildTable";
import { expressionRefusal, plain, quoted, typeRefusal, type Rebuilder } from "./rebuilder";
import { standInForParts } from "./standInParts";
import { attachSequences, rebuildFree, rebuildStandIns } from "./standIns";
import type { Surroundings, SurroundingTable } from "./surroundingsModel";

/** Extensions that only provide types and operators, and cannot access files, programs or other servers. */
const EXTENSIONS: ReadonlySet<string> = new Set(
  "btree_gin btree_gist citext cube hstore intarray isn ltree pg_trgm pgcrypto seg uuid-ossp".split(
    " ",
  ),
);

export interface RebuiltObjects {
  /** The number of rows that each table was given. */
  readonly rows: ReadonlyMap<SurroundingTable, number>;
  /** The stand-ins for parts of tables: objects of the same kind and name only. */
  readonly standIns: readonly ObjectId[];
}

/**
 * Rebuilds schemas, types, tables of others with generated rows, default privileges and grants, in the database to which both
 * sessions are connected.
 *
 * @param superuser runs the statements that need a superuser; they contain names of the target, but no expressions
 * @param builder runs everything that contains an expression of the target, as a role without privileges
 * @param builderRole the name of that role
 * @param rowsOf how many rows a table is given
 */
export async function rebuildObjects(
  superuser: Rebuilder,
  builder: Rebuilder,
  builderRole: string,
  surroundings: Surroundings,
  rowsOf: (table: SurroundingTable) => number,
): Promise<RebuiltObjects> {
  const { schemas, tables, enums, domains } = surroundings;
  await superuser.attemptEach(schemas, ({ name }) => [
    `schema ${quoted(name)}`,
    name === "public"
      ? `ALTER SCHEMA public OWNER TO ${id(builderRole)}`
      : `CREATE SCHEMA ${id(name)} AUTHORIZATION ${id(builderRole)}`,
  ]);
  await rebuildExtensions(superuser, surroundings);
  await builder.attemptEach(enums, ({ schema, name, labels }) => [
    `type ${quoted(schema, name)}`,
    `CREATE TYPE ${quote({ schema, name })} AS ENUM (${labels.map((label) => escapeLiteral(label)).join(", ")})`,
  ]);
  for (const domain of domains) {
    await rebuildDomain(builder, domain);
  }
  const waiting = await rebuildFree(superuser, builder, surroundings.standIns);
  const rebuilt = await rebuildTables(builder, tables, rowsOf);
  const left = await rebuildFree(superuser, builder, waiting);
  await rebuildStandIns(superuser, builder, left);
  const parts = await standInForParts(superuser, builder, surroundings);
  const rows = new Map<SurroundingTable, number>();
  for (const table of rebuilt) {
    const of = quoted(table.name.schema, table.name.name);
    builder.omitted.push(
      ...table.others.map(({ kind, name }) => `${[kind, plain(name)].join(" ").trim()} of ${of}`),
    );
    rows.set(table, await countRows(builder, table));
  }
  await attachSequences(builder, surroundings.standIns);
  await rebuildPublications(superuser, surroundings);
  await giveToOwners(superuser, surroundings);
  // Privileges that the new schema has by default may not exist on the target.
  await superuser.client.query("REVOKE ALL ON SCHEMA public FROM PUBLIC");
  await rebuildGrants(superuser, surroundings);
  return { rows, standIns: [...surroundings.neededCode, ...parts] };
}

/** @returns those that are there */
async function rebuildTables(
  builder: Rebuilder,
  tables: readonly SurroundingTable[],
  rowsOf: (table: SurroundingTable) => number,
): Promise<readonly SurroundingTable[]> {
  const rebuilt: SurroundingTable[] = [];
  for (const table of parentsFirst(tables)) {
    const values = await partitionValues(table, tables);
    if (await rebuildTable(builder, table, rowsOf(table), values)) {
      rebuilt.push(table);
    }
  }
  await attachPartitions(builder, rebuilt);
  return rebuilt;
}

async function countRows({ client }: Rebuilder, { name }: SurroundingTable): Promise<number> {
  await client.query(`ANALYZE ${quote(name)}`);
  const { rows } = await client.query<{ count: string }>(
    `SELECT count(*) FROM ONLY ${quote(name)}`,
  );
  return Number(rows[0]?.count);
}

async function rebuildExtensions(
  superuser: Rebuilder,
  { extensions }: Surroundings,
): Promise<void> {
  for (const { name, schema } of extensions) {
    await superuser.attempt(
      `extension ${quoted(name)}`,
      `CREATE EXTENSION IF NOT EXISTS ${id(name)} SCHEMA ${id(schema)}`,
      !EXTENSIONS.has(name) && "one that a rehearsal does not have",
    );
  }
}

/** Rebuilds a domain without the checks that are not allowed, so that its columns can be rebuilt. */
async function rebuildDomain(
  builder: Rebuilder,
  { schema, name, base, notNull, hasDefault, checks }: Surroundings["domains"][number],
): Promise<void> {
  const of = `domain ${quoted(schema, name)}`;
  const domain = quote({ schema, name });
  const create = `CREATE DOMAIN ${domain} AS ${base}${notNull ? " NOT NULL" : ""}`;
  if (!(await builder.attempt(of, create, await typeRefusal(base)))) {
    return;
  }
  if (hasDefault) {
    builder.omitted.push(`default of ${of}`);
  }
  for (const { name: check, expression } of checks) {
    await builder.attempt(
      `constraint ${quoted(check)} of ${of}`,
      `ALTER DOMAIN ${domain} ADD CONSTRAINT ${id(check)} CHECK ${inParentheses(expression)}`,
      await expressionRefusal(expression),
    );
  }
}

/** Gives the objects to their owners. No owner is a superuser here, so that no expression runs as one. */
async function giveToOwners(
  superuser: Rebuilder,
  { tables, schemas, enums, domains }: Surroundings,
): Promise<void> {
  await superuser.attemptEach([...enums, ...domains], ({ owner, ...name }) => [
    `owner of type ${quoted(name.schema, name.name)}`,
    `ALTER TYPE ${quote(name)} OWNER TO ${id(owner)}`,
  ]);
  await superuser.attemptEach(tables, ({ name, owner }) => [
    `owner of ${quoted(name.schema, name.name)}`,
    `ALTER TABLE ${quote(name)} OWNER TO ${id(owner)}`,
  ]);
  await superuser.attemptEach(schemas, ({ name, owner }) => [
    `owner of schema ${quoted(name)}`,
    `ALTER SCHEMA ${id(name)} OWNER TO ${id(owner)}`,
  ]);
}
