import { escapeIdentifier as id } from "pg";
import { describeCatalog, type DescribedCatalog } from "../catalog/describe";
import { qualified } from "../catalog/kinds/objectId";
import type { ObjectId } from "../model";
import { formatName, quote } from "../postgres/names";
import { partitionValues } from "./partitionValues";
import { attachPartitions, parentsFirst } from "./rebuildFamily";
import { rebuildTable } from "./rebuildTable";
import { plain, quoted, type Rebuilder } from "./rebuilder";
import { giveToOwners, restorePrivileges, restoreProperties } from "./restoreProperties";
import { standInForParts } from "./standInParts";
import { attachSequences, besidesTables, isCode, rebuildFree, rebuildObject } from "./standIns";
import {
  ofKinds,
  partsOf,
  textOf,
  type Surroundings,
  type SurroundingTable,
} from "./surroundingsModel";

/** Extensions that only provide types and operators, and cannot access files, programs or other servers. */
const EXTENSIONS: ReadonlySet<string> = new Set(
  "btree_gin btree_gist citext cube hstore intarray isn ltree pg_trgm pgcrypto seg uuid-ossp".split(
    " ",
  ),
);

export interface RebuiltObjects {
  /** The number of rows that each table was given. */
  readonly rows: ReadonlyMap<SurroundingTable, number>;
  /** What has an interface only, and the stand-ins for parts: objects of the same kind and name. */
  readonly standIns: readonly ObjectId[];
  readonly catalog: DescribedCatalog;
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
  await superuser.attemptEach(ofKinds(surroundings, "schema"), ({ id: { name } }) => [
    `schema ${quoted(name)}`,
    name === "public"
      ? `ALTER SCHEMA public OWNER TO ${id(builderRole)}`
      : `CREATE SCHEMA ${id(name)} AUTHORIZATION ${id(builderRole)}`,
  ]);
  await rebuildExtensions(superuser, surroundings);
  const others = besidesTables(surroundings);
  const waiting = await rebuildFree(builder, surroundings, others);
  const rebuilt = await rebuildTables(builder, surroundings, rowsOf);
  for (const one of await rebuildFree(builder, surroundings, waiting)) {
    await rebuildObject(builder, surroundings, one);
  }
  const parts = await standInForParts(builder, surroundings);
  const rows = new Map<SurroundingTable, number>();
  for (const table of rebuilt) {
    noteOthers(builder, table);
    rows.set(table, await countRows(builder, table));
  }
  await attachSequences(builder, surroundings, others);
  const catalog = await describeCatalog(superuser.client);
  await restoreProperties(builder, surroundings, catalog);
  await rebuildPublications(superuser, surroundings);
  await giveToOwners(superuser, surroundings, catalog);
  await restorePrivileges(superuser, surroundings, catalog);
  const code = [...surroundings.objects.values()].map((one) => one.id).filter(isCode);
  return { rows, standIns: [...code, ...parts], catalog };
}

/** @returns those that are there */
async function rebuildTables(
  builder: Rebuilder,
  surroundings: Surroundings,
  rowsOf: (table: SurroundingTable) => number,
): Promise<readonly SurroundingTable[]> {
  const { tables } = surroundings;
  const enums = new Set(ofKinds(surroundings, "enum").map((one) => formatName(qualified(one.id))));
  const rebuilt: SurroundingTable[] = [];
  for (const table of parentsFirst(tables)) {
    const values = { fixed: await partitionValues(table, tables), enums };
    if (await rebuildTable(builder, table, rowsOf(table), values, surroundings)) {
      rebuilt.push(table);
    }
  }
  await attachPartitions(builder, rebuilt);
  return rebuilt;
}

/** The kinds of parts that are not rebuilt; they get stand-ins where the plan needs them. */
const NOT_REBUILT: readonly string[] = ["policy", "rule", "trigger"];

function noteOthers({ omitted }: Rebuilder, table: SurroundingTable): void {
  const of = quoted(table.name.schema, table.name.name);
  if (textOf(table, "bound") !== table.bound) {
    omitted.push(`partition bound of ${of}`);
  }
  const others = table.others.filter(({ id }) => NOT_REBUILT.includes(id.kind));
  omitted.push(...others.map(({ id }) => `${id.kind} ${plain(id.name)} of ${of}`));
}

async function countRows({ client }: Rebuilder, { name }: SurroundingTable): Promise<number> {
  await client.query(`ANALYZE ${quote(name)}`);
  const { rows } = await client.query<{ count: string }>(
    `SELECT count(*) FROM ONLY ${quote(name)}`,
  );
  return Number(rows[0]?.count);
}

async function rebuildExtensions(superuser: Rebuilder, surroundings: Surroundings): Promise<void> {
  for (const extension of ofKinds(surroundings, "extension")) {
    const { name } = extension.id;
    await superuser.attempt(
      `extension ${quoted(name)}`,
      `CREATE EXTENSION IF NOT EXISTS ${id(name)} SCHEMA ${id(textOf(extension, "schema") ?? "")}`,
      !EXTENSIONS.has(name) && "one that a rehearsal does not have",
    );
  }
}

/** Makes publications of the same name and owner, with those tables as a whole that the steps name. */
async function rebuildPublications(
  superuser: Rebuilder,
  surroundings: Surroundings,
): Promise<void> {
  for (const publication of ofKinds(surroundings, "publication")) {
    const { name } = publication.id;
    const tables = partsOf(surroundings, publication.id, "published table");
    const members = tables.map((one) => quote(qualified(one.id))).join(", ");
    const what = `publication ${quoted(name)}`;
    const create = `CREATE PUBLICATION ${id(name)} ${members === "" ? "" : `FOR TABLE ${members}`};
      ALTER PUBLICATION ${id(name)} OWNER TO ${id(textOf(publication, "owner") ?? "")}`;
    if (await superuser.attempt(what, create)) {
      superuser.omitted.push(
        `${what}: its options; it is there with the tables that the plan names`,
      );
    }
  }
}
