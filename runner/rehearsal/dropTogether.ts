import type { ClientBase } from "pg";
import { formerId, isSameObject, keyOf, rootOf } from "../catalog/kinds/objectId";
import type { CatalogChange, ObjectId, Step } from "../model";
import type { RebuiltObjects } from "./rebuild";

/** Statements whose parts may drop one object after the other. */
const OF_PARTS: readonly string[] = ["DO", "CALL", "SELECT"];

/**
 * Has stand-ins dropped with what they depended on. A statement with CASCADE drops a view together with its table, and a later
 * one may make it again; but a stand-in has no code, and so depends on nothing. What one statement removes, by its lock,
 * depends on each other from here on.
 *
 * @param superuser connected to the rebuilt database, before any step ran
 */
export async function dropTogether(
  superuser: ClientBase,
  steps: readonly Step[],
  { standIns, catalog }: Pick<RebuiltObjects, "standIns" | "catalog">,
): Promise<void> {
  const pairs = pairsOf(steps, new Set(standIns.map(keyOf)));
  if (pairs.length === 0) {
    return;
  }
  const addressOf = (id: ObjectId): string => catalog.get(keyOf(id))?.address ?? "";
  await superuser.query(
    `INSERT INTO pg_depend (classid, objid, objsubid, refclassid, refobjid, refobjsubid, deptype)
     SELECT parts.one[1]::regclass, parts.one[2]::oid, parts.one[3]::int, parts.other[1]::regclass, parts.other[2]::oid, parts.other[3]::int, 'a'
       FROM unnest($1::text[], $2::text[]) AS pair(one, other)
      CROSS JOIN LATERAL (SELECT string_to_array(pair.one, ' ') AS one, string_to_array(pair.other, ' ') AS other) AS parts
      WHERE pair.one <> '' AND pair.other <> ''`,
    [pairs.map(([one]) => addressOf(one)), pairs.map(([, other]) => addressOf(other))],
  );
}

/** A stand-in, and what is removed with it, by their names before the steps. */
function pairsOf(
  steps: readonly Step[],
  standIns: ReadonlySet<string>,
): readonly (readonly [ObjectId, ObjectId])[] {
  const renamed: CatalogChange["renamed"][number][] = [];
  return steps
    .flatMap(({ statements }) => statements)
    .flatMap(({ locked }) => {
      const removed = (locked?.removed ?? []).map(({ id }) => formerId(id, renamed));
      renamed.push(...(locked?.renamed ?? []));
      const whole = removed.filter(
        ({ of }) => of === undefined || !removed.some((one) => isSameObject(one, of)),
      );
      return OF_PARTS.includes(locked?.tag ?? "")
        ? []
        : whole
            .filter((id) => standIns.has(keyOf(id)))
            .flatMap((id) =>
              whole
                .filter((other) => !isSameObject(rootOf(other), rootOf(id)))
                .map((other) => [id, other] as const),
            );
    });
}
