import type { ClientBase } from "pg";
import { ARCHIVE_SCHEMA } from "../catalog/archive";
import { takeEventTriggers } from "../catalog/eventTriggers";
import {
  formerId,
  isSameObject,
  laterId,
  laterName,
  qualified,
  snapshotKey,
} from "../catalog/kinds/objectId";
import { changeOf, renamesOf } from "../catalog/lockedChange";
import { neededOfOthers, rootsOf } from "../catalog/needs";
import type { CatalogChange, ObjectId, QualifiedName, Step } from "../model";
import { formatName, splitNames } from "../postgres/names";
import { domainsBefore, enumsBefore, grantBefore, standInsBefore } from "./othersBefore";
import { readStandIns } from "./readStandIns";
import { readPublications } from "./rebuildPublications";
import { isCode } from "./standIns";
import { ownObjects, READ_CHARACTERS, readTables } from "./surroundingTables";
import type { SurroundingGrant, Surroundings, SurroundingTable } from "./surroundingsModel";
import {
  SERVER,
  ROLES,
  MEMBERSHIPS,
  SCHEMAS,
  EXTENSIONS,
  ENUMS,
  DOMAINS,
  GRANTS,
  USED_TYPES,
  readRows,
} from "./surroundingsQueries";
import { tablesBefore } from "./tablesBefore";

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
  const change = changeOf(steps);
  const all = { ...change, renamed: renamesOf(steps) };
  const former = { ...changeOf(applied), renamed: renamesOf(applied) };
  const ofOthers = neededOfOthers(steps);
  const named = rootsOf(ofOthers);
  const made = ownObjects(all, former);
  const own = new Set(made.map(snapshotKey));
  const isOthers =
    (kind: string) =>
    (one: QualifiedName): boolean =>
      !own.has(`${kind} ${formatName(one)}`);
  // The rehearsal makes the directives' own schemas, and does not need the archives.
  const ours = [
    ...made.filter(({ kind }) => kind === "schema").map(({ name }) => name),
    ARCHIVE_SCHEMA,
  ];
  const read = async <T>(sql: string, parameters: readonly unknown[] = []): Promise<T[]> =>
    await readRows<T>(client, sql, parameters);
  const [server] =
    await read<Pick<Surroundings, "serverVersion" | "major" | "login" | "databaseOwner">>(SERVER);
  if (server === undefined) {
    throw new TypeError("readSurroundings: no answer");
  }
  const routines = named
    .filter(({ name }) => name.includes("("))
    .map((id) => qualified(laterId(id, former.renamed)));
  const needed = withTypes(
    named,
    await read<ObjectId>(USED_TYPES, [[], [], ...splitNames(routines)]),
    former,
  );
  const neededParts = ofOthers.flatMap(({ id }) => (id.of === undefined ? [] : [id]));
  const tables = await readTables(client, { needed: [...needed, ...neededParts], all, former });
  const presentTables = tables.map(({ name }) => laterName(name, former.renamed));
  const names = presentTables.map(formatName);
  const types = await read<ObjectId>(USED_TYPES, [...splitNames(presentTables), [], []]);
  const presentEnums = await read<Surroundings["enums"][number]>(ENUMS);
  const enums = enumsBefore(presentEnums.filter(isOthers("enum")), former, server.login);
  const domains = await read<Surroundings["domains"][number]>(DOMAINS, [
    names,
    READ_CHARACTERS,
    needed.filter(({ kind }) => kind === "domain").map((id) => formatName(qualified(id))),
  ]);
  const standIns = await readStandIns(client, withTypes(needed, types, former), former);
  return {
    ...server,
    runsAs: await whoRuns(client, server.login, tables),
    tables: tablesBefore(tables, enums, former, server.login),
    enums,
    roles: await read(ROLES),
    memberships: await read(MEMBERSHIPS),
    schemas: (await read<Surroundings["schemas"][number]>(SCHEMAS, [ours])).map((one) => ({
      ...one,
      name: formerId({ kind: "schema", name: one.name }, former.renamed).name,
    })),
    extensions: await read(EXTENSIONS, [
      names,
      needed.filter(({ kind }) => kind === "extension").map(({ name }) => name),
    ]),
    domains: domainsBefore(domains.filter(isOthers("domain")), former, server.login),
    standIns: standInsBefore(standIns, former, server.login),
    publications: await readPublications(client, [...needed, ...neededParts]),
    neededCode: needed.filter(isCode),
    neededParts,
    grants: (await read<SurroundingGrant>(GRANTS, [names, ours])).map((one) =>
      grantBefore(one, former),
    ),
    eventTriggers: await takeEventTriggers(client),
  };
}

/** What the steps need, and the types of columns, by their names before the applied steps; without what these made. */
function withTypes(
  needed: readonly ObjectId[],
  types: readonly ObjectId[],
  { added, renamed }: CatalogChange,
): readonly ObjectId[] {
  const made = added.map(({ id }) => id);
  const others = types
    .filter((id) => !made.some((one) => isSameObject(one, id)))
    .map((id) => formerId(id, renamed));
  return [...needed, ...others.filter((id) => !needed.some((one) => isSameObject(one, id)))];
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
