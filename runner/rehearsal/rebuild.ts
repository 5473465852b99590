import { escapeIdentifier as id, escapeLiteral, type Client, type ClientBase } from "pg";
import type { ObjectId } from "../model";
import { quote } from "../postgres/names";
import { inParentheses } from "../sql/expression";
import { isAllowedExpression, isAllowedType } from "./allowedExpression";
import { attempt, attemptEach, NOT_ALLOWED, quoted } from "./omission";
import { rebuildGrants } from "./rebuildGrants";
import { rebuildTable } from "./rebuildTable";
import { rebuildStandIns } from "./standIns";
import type { Surroundings, SurroundingTable } from "./surroundingsModel";

/** Extensions that bring types and operators, and nothing that reaches a file, a program or another server. */
const EXTENSIONS: ReadonlySet<string> = new Set(
  "btree_gin btree_gist citext cube hstore intarray isn ltree pg_trgm pgcrypto seg uuid-ossp".split(
    " ",
  ),
);

export interface RebuiltObjects {
  /** What could not be rebuilt, a line each. */
  readonly omitted: readonly string[];
  /** How many each table was given. */
  readonly rows: ReadonlyMap<SurroundingTable, number>;
  /** What is on a table by name alone. */
  readonly standIns: readonly ObjectId[];
}

/**
 * Schemas, types, tables of others with as many rows as are wanted, default privileges and grants, in the database that
 * both sessions are connected to.
 *
 * @param superuser makes what takes more than an ordinary role, from names alone
 * @param builder makes the rest, in its own session and without power: all that holds an expression of the target's
 * @param rowsOf how many rows a table is given
 */
export async function rebuildObjects(
  superuser: Client,
  builder: Client,
  surroundings: Surroundings,
  rowsOf: (table: SurroundingTable) => number,
): Promise<RebuiltObjects> {
  const { schemas, tables, enums, domains } = surroundings;
  const builderRole = id(builder.user ?? "");
  const omitted = await attemptEach(superuser, schemas, ({ name }) => [
    `schema ${quoted(name)}`,
    name === "public"
      ? `ALTER SCHEMA public OWNER TO ${builderRole}`
      : `CREATE SCHEMA ${id(name)} AUTHORIZATION ${builderRole}`,
  ]);
  omitted.push(...(await rebuildExtensions(superuser, surroundings)));
  omitted.push(
    ...(await attemptEach(builder, enums, ({ schema, name, labels }) => [
      `type ${quoted(schema, name)}`,
      `CREATE TYPE ${quote({ schema, name })} AS ENUM (${labels.map((label) => escapeLiteral(label)).join(", ")})`,
    ])),
  );
  for (const domain of domains) {
    omitted.push(...(await rebuildDomain(builder, domain)));
  }
  omitted.push(...(await rebuildStandIns(superuser, builder, surroundings.standIns)));
  const rows = new Map<SurroundingTable, number>();
  const standIns: ObjectId[] = [];
  for (const table of tables) {
    const parts = surroundings.neededParts.filter(
      ({ of }) => of?.schema === table.name.schema && of.name === table.name.name,
    );
    const rebuilt = await rebuildTable(builder, table, rowsOf(table), parts);
    omitted.push(...rebuilt.omitted);
    rows.set(table, rebuilt.rows);
    standIns.push(...rebuilt.standIns);
  }
  omitted.push(...(await giveToOwners(superuser, surroundings)));
  // What a new schema or table gives by itself is not the target's.
  await attemptEach(superuser, tables, ({ name }) => [
    "",
    `REVOKE ALL ON ${quote(name)} FROM PUBLIC`,
  ]);
  await superuser.query("REVOKE ALL ON SCHEMA public FROM PUBLIC");
  omitted.push(...(await rebuildGrants(superuser, surroundings)));
  return { omitted, rows, standIns };
}

async function rebuildExtensions(
  superuser: ClientBase,
  { extensions }: Surroundings,
): Promise<string[]> {
  const others = extensions.filter(({ name }) => !EXTENSIONS.has(name));
  return [
    ...others.map(({ name }) => `extension ${quoted(name)}: one that a rehearsal does not have`),
    ...(await attemptEach(
      superuser,
      extensions.filter(({ name }) => EXTENSIONS.has(name)),
      ({ name, schema }) => [
        `extension ${quoted(name)}`,
        `CREATE EXTENSION IF NOT EXISTS ${id(name)} SCHEMA ${id(schema)}`,
      ],
    )),
  ];
}

/** A domain without those of its checks that are not allowed: its columns are there all the same. */
async function rebuildDomain(
  builder: ClientBase,
  { schema, name, base, notNull, hasDefault, checks }: Surroundings["domains"][number],
): Promise<string[]> {
  const of = `domain ${quoted(schema, name)}`;
  if (!(await isAllowedType(base))) {
    return [`${of}: a type that a rehearsal does not have`];
  }
  const domain = quote({ schema, name });
  const made = await attempt(
    builder,
    of,
    `CREATE DOMAIN ${domain} AS ${base}${notNull ? " NOT NULL" : ""}`,
  );
  if (made.length > 0) {
    return made;
  }
  const omitted = hasDefault ? [`default of ${of}`] : [];
  for (const check of checks) {
    const what = `constraint ${quoted(check.name)} of ${of}`;
    omitted.push(
      ...((await isAllowedExpression(check.expression))
        ? await attempt(
            builder,
            what,
            `ALTER DOMAIN ${domain} ADD CONSTRAINT ${id(check.name)} CHECK ${inParentheses(check.expression)}`,
          )
        : [`${what}: ${NOT_ALLOWED}`]),
    );
  }
  return omitted;
}

/** Nobody of them is a superuser here: no expression ever runs as one, whoever the table belongs to. */
async function giveToOwners(
  superuser: ClientBase,
  { tables, schemas, enums, domains }: Surroundings,
): Promise<string[]> {
  return [
    ...(await attemptEach(superuser, [...enums, ...domains], ({ owner, ...name }) => [
      `owner of type ${quoted(name.schema, name.name)}`,
      `ALTER TYPE ${quote(name)} OWNER TO ${id(owner)}`,
    ])),
    ...(await attemptEach(superuser, tables, ({ name, owner }) => [
      `owner of ${quoted(name.schema, name.name)}`,
      `ALTER TABLE ${quote(name)} OWNER TO ${id(owner)}`,
    ])),
    ...(await attemptEach(superuser, schemas, ({ name, owner }) => [
      `owner of schema ${quoted(name)}`,
      `ALTER SCHEMA ${id(name)} OWNER TO ${id(owner)}`,
    ])),
  ];
}
