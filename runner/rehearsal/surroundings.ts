import type { ClientBase } from "pg";
import { ARCHIVE_SCHEMA } from "../catalog/archive";
import { newlyNamed } from "../catalog/change";
import { describeAmong, type DescribedCatalog, type DescribedObject } from "../catalog/describe";
import { takeEventTriggers } from "../catalog/eventTriggers";
import { formerId, keyOf, laterId, rootOf } from "../catalog/kinds/objectId";
import { changeOf, lockedMajor, renamesOf } from "../catalog/lockedChange";
import { neededOfOthers, rootsOf } from "../catalog/needs";
import { catalogBefore, REMOVED } from "../catalog/sum";
import { lockedChanges } from "../directive/readLock";
import type { ObjectId, Statement, Step } from "../model";
import { namesIn } from "../sql/identifiers";
import { isReached, reachedFrom, readTableFacts } from "./reached";
import type { Surroundings, SurroundingTable } from "./surroundingsModel";
import { parentsOf, partsByOwner, tablesOf } from "./tables";

/** The steps of a rehearsal. */
interface SurroundedSteps {
  /** All that may have run somewhere, with the pending ones. */
  readonly steps: readonly Step[];
  /** Those that have run: objects of others that they changed are given as they were before. */
  readonly applied: readonly Step[];
  /** Those that a rollback takes back, by their inverses. */
  readonly undone: readonly Step[];
}

type Server = Pick<Surroundings, "serverVersion" | "major" | "login"> & {
  readonly superuser: string;
};

const SERVER = `
  SELECT split_part(current_setting('server_version'), ' ', 1) AS "serverVersion",
    current_setting('server_version_num')::int / 10000 AS major, current_user AS login, pg_get_userbyid(10) AS superuser`;

/**
 * Reads the target's surroundings of these steps: the objects of others that they need, without the objects that they make.
 * Reads the catalog, and counts the rows of a table of others only where its statistics are missing. The caller holds a
 * read-only transaction. The session's search path must be pg_catalog, so that the server writes names with their schemas.
 */
export async function readSurroundings(
  client: ClientBase,
  { steps, applied, undone }: SurroundedSteps,
): Promise<Surroundings> {
  const {
    rows: [server],
  } = await client.query<Server>(SERVER);
  if (server === undefined) {
    throw new TypeError("readSurroundings: no answer");
  }
  const ofOthers = neededOfOthers(steps);
  const needed = ofOthers.map(({ id }) => id);
  const roots = rootsOf(ofOthers);
  const renamed = renamesOf(applied);
  const described = await describeReached(
    client,
    [...needed, ...roots].map((id) => laterId(id, renamed)),
    undone.flatMap(({ inverse }) => inverse?.statements ?? []).flatMap(wordsIn),
  );
  const [neededKeys, rootKeys] = [new Set(needed.map(keyOf)), new Set(roots.map(keyOf))];
  const objects = new Map(
    [...objectsBefore(described, steps, applied, server)]
      // Of a publication, only the tables that the steps name.
      .filter(([key, { id }]) => id.of?.kind !== "publication" || neededKeys.has(key)),
  );
  const left = new Set([...objects.values()].map(({ address }) => address));
  const facts = await readTableFacts(
    client,
    [...described.values()].filter(({ address }) => left.has(address)),
  );
  const parts = partsByOwner(objects);
  const tables = inOrderOf(roots, tablesOf({ objects, parts }, facts, renamed));
  return {
    ...server,
    objects,
    parts,
    tables,
    runsAs: await whoRuns(
      client,
      server.login,
      tables.filter(({ id }) => rootKeys.has(keyOf(id))),
    ),
    neededParts: needed.filter(({ of }) => of !== undefined),
    definitions: new Set([...described.values()].map(({ properties }) => properties["definition"])),
    eventTriggers: await takeEventTriggers(client),
  };
}

/** The tables in the order in which the steps need them, then the others. */
function inOrderOf(
  needed: readonly ObjectId[],
  tables: readonly SurroundingTable[],
): readonly SurroundingTable[] {
  const places = new Map(needed.map((id, place) => [keyOf(id), place]));
  const placeOf = ({ id }: SurroundingTable): number => places.get(keyOf(id)) ?? needed.length;
  return [...tables].sort((a, b) => placeOf(a) - placeOf(b));
}

/** The names that a statement may use: the lock of an inverse does not say what it needs. */
function wordsIn({ bytes }: Statement): readonly string[] {
  const words = namesIn(bytes.toString("utf8"));
  return [...words, ...words.map((word) => word.toLowerCase())];
}

async function describeReached(
  client: ClientBase,
  needed: readonly ObjectId[],
  words: readonly string[],
): Promise<DescribedCatalog> {
  const reached = await reachedFrom(client, needed, words);
  const described = await describeAmong(client, [...reached], true);
  return new Map(
    [...described].filter(([, { id }]) =>
      isReached(described.get(keyOf(rootOf(id)))?.address, reached),
    ),
  );
}

/** The objects as they were before the applied steps, without those that the steps make. */
function objectsBefore(
  described: DescribedCatalog,
  steps: readonly Step[],
  applied: readonly Step[],
  { login, superuser, ...server }: Server,
): DescribedCatalog {
  const major = lockedMajor(server.major);
  const changes = applied.flatMap((step) => lockedChanges(step, major));
  const before = catalogBefore(described, changes);
  const renamed = renamesOf(applied);
  const all = { ...changeOf(steps, major), renamed: renamesOf(steps) };
  const made = new Set(newlyNamed(all).map((id) => keyOf(formerId(id, all.renamed))));
  // What the steps add to a table is also a part of those that inherit from it.
  const isMade = (id: ObjectId): boolean => {
    const { of } = id;
    return (
      made.has(keyOf(id)) ||
      (of !== undefined &&
        (isMade(of) ||
          parentsOf(before, of, renamed).some((one) =>
            isMade({ ...id, of: { kind: "table", ...one } }),
          )))
    );
  };
  const archives: ObjectId = { kind: "schema", name: ARCHIVE_SCHEMA };
  return new Map(
    [...before.values()]
      .filter(({ id }) => !isMade(id) && keyOf(id) !== keyOf(archives))
      .map((object) => {
        const named = withNames(object, login, superuser);
        return [keyOf(named.id), named];
      }),
  );
}

/** With the bootstrap superuser's name, and with the login as the owner of what steps dropped, which has no privileges. */
function withNames(object: DescribedObject, login: string, superuser: string): DescribedObject {
  const nameOf = (name: string): string => (name === "<superuser>" ? superuser : name);
  const named = (id: ObjectId): ObjectId => ({
    ...id,
    name: nameOf(id.name),
    ...(id.of && { of: named(id.of) }),
  });
  const { owner, privileges = null, ...properties } = object.properties;
  const isDropped = object.address === REMOVED;
  return {
    ...object,
    id: named(object.id),
    properties: {
      ...properties,
      ...(typeof owner === "string" && { owner: isDropped ? login : nameOf(owner) }),
      ...(isDropped ? {} : { privileges }),
    },
  };
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
