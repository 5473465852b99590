import { DatabaseError, type ClientBase } from "pg";
import { ARCHIVE_SCHEMA } from "../catalog/archive";
import { definedObjects } from "../catalog/definedObjects";
import { takeEventTriggers } from "../catalog/eventTriggers";
import { formerId, isSameObject, snapshotKey } from "../catalog/kinds/objectId";
import { changeOf, renamesOf } from "../catalog/lockedChange";
import { neededOfOthers, rootsOf } from "../catalog/needs";
import type { CatalogChange, QualifiedName, Step } from "../model";
import { formatName, quote, sameName, splitNames } from "../postgres/names";
import { asBefore, nameNow } from "./asBefore";
import { MAX_EXPRESSION_CHARACTERS } from "./bounds";
import { droppedDomains, droppedStandIns } from "./dropped";
import { nameBefore } from "./familyBefore";
import { domainBefore, grantBefore, standInBefore } from "./partsBefore";
import { isCode, readStandIns } from "./standIns";
import type { SurroundingGrant, Surroundings, SurroundingTable } from "./surroundingsModel";
import {
  SERVER,
  ROLES,
  MEMBERSHIPS,
  SCHEMAS,
  EXTENSIONS,
  ENUMS,
  DOMAINS,
  FAMILIES,
  TABLE,
  GRANTS,
} from "./surroundingsQueries";

const COUNTED_ROWS = 1_000_000;
/** One more than is allowed, so that texts that are too long can be recognized. */
const READ_CHARACTERS = MAX_EXPRESSION_CHARACTERS + 1;
const COUNT_TIMEOUT = "30s";

/**
 * Reads the target's surroundings of these steps: the objects of others that they need, without the objects that they make.
 * Reads the catalog, and counts the rows of a table of others only where its statistics are missing. The caller holds a
 * read-only transaction. The session's search path must be pg_catalog, so that the server writes names with their schemas.
 *
 * @param applied the steps that have run: objects of others that they changed are given as they were before
 */
export async function readSurroundings(
  client: ClientBase,
  steps: readonly Step[],
  applied: readonly Step[],
): Promise<Surroundings> {
  const { change, schemas } = definedObjects(steps);
  const all = { ...change, renamed: renamesOf(steps) };
  const former = { ...changeOf(applied), renamed: renamesOf(applied) };
  const ofOthers = neededOfOthers(steps);
  const needed = rootsOf(ofOthers);
  const own = new Set(change.added.map(({ id }) => snapshotKey(id)));
  const isOthers =
    (kind: string) =>
    (one: QualifiedName): boolean =>
      !own.has(`${kind} ${formatName(one)}`);
  const others = needed
    .filter(({ kind }) => kind === "table")
    .map(({ schema = "", name }) => ({ schema, name }));
  // The rehearsal makes the directives' own schemas, and does not need the archives.
  const ours = [...schemas, ARCHIVE_SCHEMA];
  const read = async <T>(sql: string, parameters: unknown[]): Promise<T[]> =>
    (await client.query<{ row: T }>(sql, parameters)).rows.map(({ row }) => row);
  const [server] = await read<
    Pick<Surroundings, "serverVersion" | "major" | "login" | "databaseOwner">
  >(SERVER, []);
  if (server === undefined) {
    throw new TypeError("readSurroundings: no answer");
  }
  const tables: SurroundingTable[] = [];
  const members = withFamilies(
    others,
    await read<FamilyMember>(FAMILIES, [
      ...splitNames(others.map((name) => nameNow(former, name))),
    ]),
    former,
  );
  const names = members.map(({ name }) => formatName(nameNow(former, name)));
  for (const { name, ancestors } of members) {
    const now = nameNow(former, name);
    const [table] = await read<SurroundingTable>(TABLE, [
      now.schema,
      now.name,
      ...ownOn(all, former, [name, ...ancestors]),
      READ_CHARACTERS,
    ]);
    if (table !== undefined) {
      tables.push({ ...table, name, rows: table.rows ?? (await countRows(client, now)) });
    }
  }
  const enums = (await read<Surroundings["enums"][number]>(ENUMS, [])).filter(isOthers("enum"));
  return {
    ...server,
    runsAs: await whoRuns(client, server.login, tables),
    ...asBefore({ tables, enums }, former, server.login),
    roles: await read(ROLES, []),
    memberships: await read(MEMBERSHIPS, []),
    schemas: (await read<Surroundings["schemas"][number]>(SCHEMAS, [ours])).map((one) => ({
      ...one,
      name: formerId({ kind: "schema", name: one.name }, former.renamed).name,
    })),
    extensions: await read(EXTENSIONS, [
      names,
      needed.filter(({ kind }) => kind === "extension").map(({ name }) => name),
    ]),
    domains: [
      ...(
        await read<Surroundings["domains"][number]>(DOMAINS, [
          names,
          READ_CHARACTERS,
          needed
            .filter(({ kind }) => kind === "domain")
            .map(({ schema = "", name }) => formatName({ schema, name })),
        ])
      )
        .filter(isOthers("domain"))
        .map((one) => domainBefore(one, former)),
      ...droppedDomains(former, server.login),
    ],
    standIns: [
      ...(await readStandIns(client, needed, former)).map((one) => standInBefore(one, former)),
      ...droppedStandIns(former, server.login),
    ],
    neededCode: needed.filter(isCode),
    neededParts: ofOthers.flatMap(({ id }) => (id.of === undefined ? [] : [id])),
    grants: (await read<SurroundingGrant>(GRANTS, [names, ours])).map((one) =>
      grantBefore(one, former),
    ),
    eventTriggers: await takeEventTriggers(client),
  };
}

/** A table by its present name, and those from which it inherits, directly or not. */
interface FamilyMember extends QualifiedName {
  readonly ancestors: readonly QualifiedName[];
}

/** A table of others, and those from which it inherits, by their names before the applied steps. */
interface Member {
  readonly name: QualifiedName;
  readonly ancestors: readonly QualifiedName[];
}

/**
 * The needed tables with their families: what a statement does to a partitioned table it does to its partitions. Without
 * what the applied steps made.
 */
function withFamilies(
  needed: readonly QualifiedName[],
  found: readonly FamilyMember[],
  former: CatalogChange,
): readonly Member[] {
  const made = new Set(former.added.map(({ id }) => snapshotKey(id)));
  const members = found
    .filter((one) => !made.has(`table ${formatName(one)}`))
    .map((one): Member => ({
      name: nameBefore(former, one),
      ancestors: one.ancestors.map((name) => nameBefore(former, name)),
    }));
  const isNeeded = ({ name }: Member): boolean => needed.some((one) => sameName(one, name));
  return [
    ...needed.map(
      (name) => members.find((one) => sameName(one.name, name)) ?? { name, ancestors: [] },
    ),
    ...members.filter((one) => !isNeeded(one)),
  ];
}

/**
 * The names of the parts that the steps add to a table of others: indexes, constraints and so on, and columns. Without those
 * that parts of others still have, until a step renames them.
 *
 * @param tables the table and those from which it inherits: it has their columns and checks, too
 */
function ownOn(
  change: CatalogChange,
  former: CatalogChange,
  tables: readonly QualifiedName[],
): readonly [names: string[], columns: string[]] {
  const waiting = change.renamed.filter(
    ({ from }) => !former.renamed.some((done) => isSameObject(done.from, from)),
  );
  const hosts = tables.map((name) => nameNow(change, name));
  const own = change.added
    .map(({ id }) => id)
    .filter(({ of }) => hosts.some(({ schema, name }) => of?.schema === schema && of.name === name))
    .filter((id) => !waiting.some(({ from }) => isSameObject(from, id)));
  const names = (isColumn: boolean): string[] =>
    own.flatMap(({ kind, name }) => ((kind === "column") === isColumn ? [name] : []));
  return [names(false), names(true)];
}

async function whoRuns(
  client: ClientBase,
  login: string,
  tables: readonly SurroundingTable[],
): Promise<string> {
  const { rows } = await client.query<{ owner: string }>(
    `SELECT owner FROM unnest($1::name[]) WITH ORDINALITY AS one(owner, position)
      WHERE NOT pg_catalog.pg_has_role(owner, 'USAGE') ORDER BY position LIMIT 1`,
    [tables.map(({ owner }) => owner)],
  );
  return rows[0]?.owner ?? login;
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
