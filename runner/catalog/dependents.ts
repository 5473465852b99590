import type { ClientBase } from "pg";
import type { DefinedObjects } from "../model";
import { findConcerned } from "./concerned";
import { describeAmong, type DescribedObject } from "./describe";
import { keyOf, rootOf, snapshotKey } from "./kinds/objectId";
import { concernsRareKinds, isFormerCheck } from "./snapshot";

/** An object of others that depends on objects which are dropped. */
export interface Dependent {
  readonly name: string;
  /** Whether a DROP without CASCADE takes it along. Otherwise that DROP fails. */
  readonly isTakenAlong: boolean;
}

/**
 * Other people's objects that depend on the objects that a change adds: views, foreign keys, functions, publications, columns
 * of our types, and parts that somebody added to our relations (indexes, triggers, columns, policies). A DROP of ours would
 * fail because of some of them, and would drop others silently.
 *
 * @param known the snapshot's keys of all objects that the directives may have made
 */
export async function findDependents(
  client: ClientBase,
  objects: Pick<DefinedObjects, "change" | "schemas" | "columns">,
  known: ReadonlySet<string>,
): Promise<readonly Dependent[]> {
  const { addresses } = await findConcerned(client, objects);
  const catalog = await describeAmong(client, addresses, concernsRareKinds(objects.change));
  const added = new Set(objects.change.added.map(({ id }) => keyOf(id)));
  const there = [...catalog.values()].filter((one) => !isFormerCheck(one));
  const isOurs = ({ id }: DescribedObject): boolean =>
    added.has(keyOf(id)) || known.has(snapshotKey(id));
  // Without the objects of a directive that stays: others may depend on those.
  const own = there.filter(({ id }) => added.has(keyOf(id)));
  const onOurs = there.filter(
    (one) => one.id.of !== undefined && added.has(keyOf(rootOf(one.id))) && !isOurs(one),
  );
  const ownAddresses = own.flatMap(({ address }) => address ?? []);
  const roots = new Set(
    own.flatMap(({ id, address }) => (id.of === undefined ? (address ?? []) : [])),
  );
  const parts = ownAddresses.map((address) => address.split(" "));
  const { rows } = await client.query<Row>(OUTSIDE, [
    parts.map(([catalog]) => catalog),
    parts.map(([, oid]) => oid),
    parts.map(([, , sub]) => sub),
  ]);
  // Objects of others that the directives changed or renamed: a rollback changes them back.
  const { changed: altered, renamed } = objects.change;
  const changed = new Set(
    [...altered.map(({ id }) => id), ...renamed.map(({ to }) => to)].map(keyOf),
  );
  const theirs = there.filter(({ id }) => changed.has(keyOf(id)));
  const named = new Set(
    [...there.filter(isOurs), ...onOurs, ...theirs].map(({ address }) => address),
  );
  const outside = rows.filter(
    ({ address, relation }) => !named.has(address) && !roots.has(relation ?? ""),
  );
  const needing = new Set(outside.filter(({ isNeeding }) => isNeeding).map(({ name }) => name));
  return [
    ...new Set([...onOurs.map(({ id }) => snapshotKey(id)), ...outside.map(({ name }) => name)]),
  ]
    .sort()
    .map((name) => ({ name, isTakenAlong: !needing.has(name) }));
}

interface Row {
  readonly name: string;
  /** As {@link DescribedObject} has it. */
  readonly address: string;
  /** Of the relation that it is on. */
  readonly relation: string | null;
  /** Whether it needs our object, and is no part of it. */
  readonly isNeeding: boolean;
}

/**
 * What depends on our objects, by pg_depend. Parameters: $1, $2, $3 the parts of our objects' addresses. The result names a
 * view instead of its rule, and a column instead of its default; NOT NULL constraints are left out.
 */
const OUTSIDE = `
WITH own AS (
  SELECT named.catalog::regclass AS classid, named.oid AS objid, named.sub
    FROM unnest($1::text[], $2::oid[], $3::int[]) AS named(catalog, oid, sub)
), ours AS (
  SELECT classid, objid, sub FROM own
  UNION
  -- The row type of a relation, and the array of a type.
  SELECT 'pg_type'::regclass, t.oid, 0 FROM own JOIN pg_class c ON own.classid = 'pg_class'::regclass AND own.sub = 0 AND c.oid = own.objid
    JOIN pg_type t ON c.reltype IN (t.oid, t.typelem) AND c.reltype <> 0
  UNION
  SELECT 'pg_type'::regclass, t.oid, 0 FROM own JOIN pg_type t ON own.classid = 'pg_type'::regclass AND t.typelem = own.objid
), found AS (
  SELECT DISTINCT CASE WHEN w.ev_class IS NOT NULL AND w.rulename = '_RETURN' OR v.adrelid IS NOT NULL THEN 'pg_class'::regclass ELSE d.classid END AS classid,
         CASE WHEN w.rulename = '_RETURN' THEN w.ev_class ELSE coalesce(v.adrelid, d.objid) END AS objid,
         CASE WHEN v.adrelid IS NOT NULL THEN v.adnum ELSE d.objsubid END AS sub,
         coalesce(w.ev_class, k.conrelid, t.tgrelid, p.polrelid, v.adrelid, i.indrelid,
                  CASE WHEN d.classid = 'pg_class'::regclass THEN d.objid END) AS relation, d.deptype
    FROM ours
    JOIN pg_depend d ON d.refclassid = ours.classid AND d.refobjid = ours.objid
     AND (ours.sub = 0 OR d.refobjsubid = ours.sub) AND d.deptype IN ('n', 'a')
    LEFT JOIN pg_rewrite w ON d.classid = 'pg_rewrite'::regclass AND w.oid = d.objid
    LEFT JOIN pg_constraint k ON d.classid = 'pg_constraint'::regclass AND k.oid = d.objid
    LEFT JOIN pg_trigger t ON d.classid = 'pg_trigger'::regclass AND t.oid = d.objid
    LEFT JOIN pg_policy p ON d.classid = 'pg_policy'::regclass AND p.oid = d.objid
    LEFT JOIN pg_attrdef v ON d.classid = 'pg_attrdef'::regclass AND v.oid = d.objid
    LEFT JOIN pg_index i ON d.classid = 'pg_class'::regclass AND i.indexrelid = d.objid
   WHERE k.contype IS DISTINCT FROM 'n'
     -- An extension's objects are dropped with it.
     AND NOT EXISTS (SELECT FROM pg_depend x WHERE x.classid = d.classid AND x.objid = d.objid AND x.deptype = 'e')
     -- Without a range's constructors and multirange, which are dropped with it.
     AND NOT (d.classid IN ('pg_proc'::regclass, 'pg_type'::regclass) AND EXISTS (
       SELECT FROM pg_depend x WHERE x.classid = d.classid AND x.objid = d.objid AND x.deptype = 'i'))
)
SELECT o.type || ' ' || o.identity AS name, c.relname || ' ' || f.objid || ' ' || f.sub AS address,
       'pg_class ' || f.relation || ' 0' AS relation, f.deptype = 'n' AS "isNeeding"
  FROM found f JOIN pg_class c ON c.oid = f.classid
 CROSS JOIN LATERAL pg_identify_object(f.classid, f.objid, f.sub) o
 ORDER BY 1`;
