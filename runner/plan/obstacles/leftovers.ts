import type { ClientBase } from "pg";
import { when } from "../../base/when";
import { compareCatalogs, validated } from "../../catalog/compare";
import { keyOf, rootOf } from "../../catalog/kinds/objectId";
import { changeOf, lockedMajor } from "../../catalog/lockedChange";
import { formerObjects, takeObjects } from "../../catalog/snapshot";
import type { CatalogChange, ObjectId, Obstacle } from "../../model";
import { formatName } from "../../postgres/names";
import { serverMajor } from "../../postgres/serverVersion";
import { together } from "../../postgres/together";
import type { PlannedRun } from "./plannedRun";

/**
 * What differs from where the pending steps were locked, of all that they change: objects that they make and that are there,
 * and objects that they change or drop and that are otherwise. A statement such as CREATE OR REPLACE would take the place
 * of what is there without a word, and a rollback would not bring it back.
 */
export async function leftoverObstacles(
  client: ClientBase,
  {
    pending,
    objects,
    applied,
    owner,
  }: Pick<PlannedRun, "pending" | "objects" | "applied" | "owner">,
): Promise<readonly Obstacle[]> {
  const [major, live, names] = await together([
    serverMajor(client),
    takeObjects(client, objects, owner),
    namesTaken(client, objects.change),
  ]);
  const former = formerObjects(changeOf(pending, lockedMajor(major)));
  const ids = new Map([...former.ids, ...live.ids]);
  const found = validated(former.snapshot, live.snapshot);
  const differences = compareCatalogs(former.snapshot, found, ids);
  const made = new Set(objects.change.added.map(({ id }) => keyOf(id)));
  const there = differences
    .filter(({ kind, id }) => kind === "unexpected" && id !== undefined && made.has(keyOf(id)))
    .map(({ object }) => object);
  const taken = names.filter(({ name }) => !there.some((one) => one.endsWith(` ${name}`)));
  const leftovers = [...there, ...taken.map(({ what, name }) => `${what} ${name}`)].sort();
  // Of what earlier steps made or changed, the drift is an obstacle already. What is missing is one of needs.ts. In which
  // order a table has its columns does not matter here.
  const known = new Set(
    [...applied.change.added, ...applied.change.changed].map(({ id }) => keyOf(id)),
  );
  const others = differences.filter(
    ({ kind, id, orderOf }) =>
      kind === "changed" &&
      orderOf === undefined &&
      id !== undefined &&
      !known.has(keyOf(id)) &&
      !known.has(keyOf(rootOf(id))),
  );
  return [
    ...when(leftovers.length > 0, {
      found: `${leftovers.join(", ")}: there already, and the history does not know of ${leftovers.length === 1 ? "it" : "them"}`,
      remedy:
        "Find out who made this. Take it away, or run npx v7 adopt, which records it where it is equal to the directive",
    }),
    ...others.map(({ object, details }) => ({
      found: `${object}: not as where the directive was locked (${details.join("; ")})`,
      remedy:
        "A rollback would not bring it back. Find out who changed this; or make it so in sql/dev_baseline, and lock the directive again",
    })),
  ];
}

/** Objects whose names are those of relations: no two in a schema may have the same, of whatever kinds they are. */
const RELATIONS: ReadonlySet<string> = new Set([
  "table",
  "view",
  "materialized view",
  "foreign table",
  "sequence",
  "index",
  "composite type",
]);

/** The same of types; a relation with rows has a type of its name. */
const TYPES: ReadonlySet<string> = new Set([
  "table",
  "view",
  "materialized view",
  "foreign table",
  "composite type",
  "enum",
  "domain",
  "range type",
]);

interface TakenName {
  readonly what: "relation" | "type";
  readonly name: string;
}

/** Names of relations and types that the change makes and that are taken, also by another kind: a view in place of a table. */
async function namesTaken(
  client: ClientBase,
  { added, renamed, removed }: CatalogChange,
): Promise<readonly TakenName[]> {
  // These steps rename or drop the object with the name before they make their own.
  const vacated = new Set(
    [...renamed.map(({ from }) => from), ...removed.map(({ id }) => id)].map(nameOf),
  );
  const made = (kinds: ReadonlySet<string>): readonly string[] =>
    added
      .filter(({ id }) => kinds.has(id.kind))
      .map(({ id }) => nameOf(id))
      .filter((name) => !vacated.has(name));
  const { rows } = await client.query<TakenName>(QUERY, [made(RELATIONS), made(TYPES)]);
  return rows;
}

function nameOf({ schema, of, name }: ObjectId): string {
  return formatName({ schema: schema ?? of?.schema ?? "", name });
}

const QUERY = `
  SELECT 'relation' AS what, n.nspname || '.' || c.relname AS name
    FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
   WHERE n.nspname || '.' || c.relname = ANY ($1::text[])
  UNION
  SELECT 'type', n.nspname || '.' || t.typname
    FROM pg_type t JOIN pg_namespace n ON n.oid = t.typnamespace
   WHERE n.nspname || '.' || t.typname = ANY ($2::text[])
     AND NOT EXISTS (SELECT FROM pg_class c WHERE c.oid = t.typrelid AND c.relkind <> 'c')`;
