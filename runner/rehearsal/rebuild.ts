import { escapeIdentifier as id, escapeLiteral } from "pg";
import type { ObjectId } from "../model";
import { quote } from "../postgres/names";
import { inParentheses } from "../sql/expression";
import { rebuildGrants } from "./rebuildGrants";
import { rebuildTable } from "./rebuildTable";
import { expressionRefusal, quoted, typeRefusal, type Rebuilder } from "./rebuilder";
import { attachSequences, rebuildStandIns } from "./standIns";
import type { Surroundings, SurroundingTable } from "./surroundingsModel";

/** Extensions that bring types and operators, and nothing that reaches a file, a program or another server. */
const EXTENSIONS: ReadonlySet<string> = new Set(
  "btree_gin btree_gist citext cube hstore intarray isn ltree pg_trgm pgcrypto seg uuid-ossp".split(
    " ",
  ),
);

export interface RebuiltObjects {
  /** How many each table was given. */
  readonly rows: ReadonlyMap<SurroundingTable, number>;
  /** What is there by name alone. */
  readonly standIns: readonly ObjectId[];
}

/**
 * Schemas, types, tables of others with as many rows as are wanted, default privileges and grants, in the database that
 * both sessions are connected to.
 *
 * @param superuser makes what takes more than an ordinary role, from names alone
 * @param builder makes the rest, in the session of a role without power: all that holds an expression of the target's
 * @param builderRole that role
 * @param rowsOf how many rows a table is given
 */
export async function rebuildObjects(
  superuser: Rebuilder,
  builder: Rebuilder,
  builderRole: string,
  surroundings: Surroundings,
  rowsOf: (table: SurroundingTable) => number,
): Promise<RebuiltObjects> {
  const { schemas, tables, enums, domains, neededParts } = surroundings;
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
  const standIns: ObjectId[] = [...surroundings.neededCode];
  for (const domain of domains) {
    standIns.push(...(await rebuildDomain(builder, domain, neededParts)));
  }
  await rebuildStandIns(superuser, builder, surroundings.standIns);
  const rows = new Map<SurroundingTable, number>();
  for (const table of tables) {
    const parts = neededParts.filter(
      ({ of }) => of?.schema === table.name.schema && of.name === table.name.name,
    );
    const rebuilt = await rebuildTable(builder, table, rowsOf(table), parts);
    rows.set(table, rebuilt.rows);
    standIns.push(...rebuilt.standIns);
  }
  await attachSequences(builder, surroundings.standIns);
  await giveToOwners(superuser, surroundings);
  // What the schema gives by itself is not the target's.
  await superuser.client.query("REVOKE ALL ON SCHEMA public FROM PUBLIC");
  await rebuildGrants(superuser, surroundings);
  return { rows, standIns };
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

/**
 * A domain without those of its checks that are not allowed: its columns are there all the same.
 *
 * @returns the checks that the plan needs and that are there by name alone
 */
async function rebuildDomain(
  builder: Rebuilder,
  { schema, name, base, notNull, hasDefault, checks }: Surroundings["domains"][number],
  needed: readonly ObjectId[],
): Promise<readonly ObjectId[]> {
  const of = `domain ${quoted(schema, name)}`;
  const domain = quote({ schema, name });
  const create = `CREATE DOMAIN ${domain} AS ${base}${notNull ? " NOT NULL" : ""}`;
  if (!(await builder.attempt(of, create, await typeRefusal(base)))) {
    return [];
  }
  if (hasDefault) {
    builder.omitted.push(`default of ${of}`);
  }
  const standIns: ObjectId[] = [];
  for (const { name: check, expression } of checks) {
    const what = `constraint ${quoted(check)} of ${of}`;
    const add = `ALTER DOMAIN ${domain} ADD CONSTRAINT ${id(check)} CHECK`;
    const refusal = await expressionRefusal(expression);
    const isThere = await builder.attempt(what, `${add} ${inParentheses(expression)}`, refusal);
    const part = needed.find(
      (one) => one.name === check && one.of?.schema === schema && one.of.name === name,
    );
    if (!isThere && part !== undefined && (await builder.attempt(what, `${add} (true)`))) {
      standIns.push(part);
    }
  }
  return standIns;
}

/** Nobody of them is a superuser here: no expression ever runs as one, whoever the table belongs to. */
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
