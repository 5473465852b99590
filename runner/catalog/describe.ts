import type { ClientBase } from "pg";
import type { CatalogObject, ObjectId, PropertyValue } from "../model";
import { KINDS } from "./kinds";
import type { Kind } from "./kinds/kind";
import { keyOf } from "./kinds/objectId";
import { BOUND_TO, COMMENT, IS_NO_MEMBER, NAMESPACES, PRIVILEGES, ROLE } from "./kinds/sql";
import { isList } from "./propertyValue";

/** An object with the address of its rows in the catalog; an object that was computed, not read, has none. */
export interface DescribedObject extends CatalogObject {
  /** `pg_class 16385 0`: valid on that server only. */
  readonly address?: string;
}

/** A database's objects, by `keyOf(id)`; parts of the same object are in their order. */
export type DescribedCatalog = ReadonlyMap<string, DescribedObject>;

/** A row of the query. */
interface Row {
  readonly rank: number;
  readonly place: number | null;
  readonly kind: string;
  readonly schema: string | null;
  readonly name: string;
  readonly of_address: string | null;
  readonly address: string;
  readonly properties: Readonly<Record<string, PropertyValue>>;
}

/** SQL for an address, from SQL for its three parts. */
const ADDRESS = (catalog: string, oid: string, sub: string): string =>
  `${catalog} || ' ' || ${oid} || ' ' || ${sub}`;

function partOf({ kind, read }: Kind, isNarrow: boolean): string {
  const rank = String(KINDS.findIndex((one) => one.kind === kind));
  const { catalog, oid, sub = "0", of, owner = "NULL", acl, boundTo, comments } = read;
  const pairs = Object.entries(read.properties).map(([name, sql]) => `'${name}', ${sql}`);
  return `SELECT ${rank} AS rank, ${read.place ?? "NULL"}::float8 AS place, '${kind}' AS kind, ${read.schema ?? "NULL"}::text AS schema, ${read.name}::text AS name,
    ${of === undefined ? "NULL" : ADDRESS(of.catalog, of.oid, "0")} AS of_address, '${catalog}'::regclass AS class, ${oid} AS oid, ${sub} AS sub,
    ${owner}::oid AS owner, ${acl?.column ?? "NULL"}::aclitem[] AS acl, ${acl?.letter ?? "NULL"}::"char" AS letter, ${acl?.owner ?? owner}::oid AS acl_owner, ${String(acl?.adds === true)} AS adds,
    ${boundTo === undefined ? "NULL" : `'${boundTo.catalog}'::regclass`}::regclass AS bound_class, ${boundTo?.oid ?? "NULL"}::oid AS bound_oid, '${comments ?? "pg_description"}' AS comments, ${String(read.isOfOthers === true)} AS is_of_others,
    jsonb_build_object(${pairs.join(", ")}) AS properties
  FROM ${read.from} WHERE ${read.where ?? "true"} AND ${(isNarrow ? read.narrow : undefined) ?? "true"}`;
}

/**
 * The properties that many kinds have are added around the union, which OFFSET 0 keeps apart: the planner would make a plan of
 * them for each kind.
 */
function queryFor(kinds: readonly Kind[], isNarrow: boolean): string {
  // None of the kinds may use the parameter, which must have a type all the same.
  return `WITH ${isNarrow ? "asked AS (SELECT $1::oid[]), " : ""}${NAMESPACES}
SELECT rank, place, kind, schema, name, of_address, ${ADDRESS("class", "oid", "sub")} AS address,
  jsonb_strip_nulls(properties || jsonb_build_object('owner', ${ROLE("owner")}, 'privileges', ${PRIVILEGES}, 'boundTo', ${BOUND_TO}, 'comment', ${COMMENT})) AS properties
FROM (${kinds.map((kind) => partOf(kind, isNarrow)).join("\nUNION ALL\n")} OFFSET 0) described
WHERE is_of_others OR ${IS_NO_MEMBER("class", "oid")}`;
}

const WHOLE = queryFor(KINDS, false);

/**
 * Describes every object of the database, without the server's own and those of extensions; of these only the privileges,
 * where somebody changed them. The session's temporary objects are in the schema pg_temp.
 *
 * Reads only the catalog, in one prepared query. The session's search path must be pg_catalog: it decides which names in
 * definitions are written with their schema.
 */
export async function describeCatalog(client: ClientBase): Promise<DescribedCatalog> {
  const { rows } = await client.query<Row>({ name: "v7_describe_catalog", text: WHOLE });
  return describedRows(rows);
}

/**
 * Describes these relations, types, routines and schemas, and their parts. Others are not read, however many there are;
 * except for publications, all of which are read: there are never many.
 *
 * @param addresses the objects' addresses
 * @param withRareKinds whether to describe also all objects of the kinds of which there are never many: roles, extensions, casts
 */
export async function describeAmong(
  client: ClientBase,
  addresses: readonly string[],
  withRareKinds: boolean,
): Promise<DescribedCatalog> {
  const parts = addresses.map((address) => address.split(" "));
  const catalogs = new Set(parts.map(([catalog = ""]) => catalog));
  const kinds = KINDS.filter(({ read: { narrow, among } }) =>
    narrow === undefined ? withRareKinds : among?.some((one) => catalogs.has(one)) !== false,
  );
  const { rows } = await client.query<Row>(queryFor(kinds, true), [parts.map(([, oid]) => oid)]);
  return describedRows(rows);
}

function describedRows(rows: readonly Row[]): DescribedCatalog {
  const roots = new Map(
    rows.filter((row) => row.of_address === null).map((row) => [row.address, idOf(row)]),
  );
  const described = rows.flatMap((row) => {
    const of = row.of_address === null ? undefined : roots.get(row.of_address);
    // A part of an extension's object is not described either.
    return row.of_address !== null && of === undefined ? [] : [objectOf(row, of)];
  });
  described.sort(
    (a, b) =>
      a.rank - b.rank ||
      inOrder(a.parent, b.parent) ||
      (a.place ?? 0) - (b.place ?? 0) ||
      inOrder(a.key, b.key),
  );
  return new Map(
    described.map(({ key, place, parent, object }, index) => {
      const before = described[index - 1];
      const isFirst =
        place === null || before?.parent !== parent || before.object.id.kind !== object.id.kind;
      const after = isFirst ? {} : { after: before.object.id.name };
      return [key, { ...object, properties: { ...object.properties, ...after } }];
    }),
  );
}

/** One object, with the values by which objects are sorted: the kind, the object that it is part of, its place there. */
interface Ordered {
  readonly rank: number;
  readonly parent: string;
  readonly place: number | null;
  readonly key: string;
  readonly object: DescribedObject;
}

function objectOf(row: Row, of?: ObjectId): Ordered {
  const id = idOf(row, of);
  return {
    rank: row.rank,
    parent: of === undefined ? "" : keyOf(of),
    place: row.place,
    key: keyOf(id),
    object: { id, properties: present(row.properties), address: row.address },
  };
}

function inOrder(a: string, b: string): number {
  if (a === b) {
    return 0;
  }
  return a < b ? -1 : 1;
}

function idOf({ kind, schema, name }: Row, of?: ObjectId): ObjectId {
  return {
    kind,
    ...(schema === null ? {} : { schema }),
    name,
    ...(of === undefined ? {} : { of }),
  };
}

/** Leaves out values that are false or an empty list, and sorts lists independently of the server's collation. */
function present(
  properties: Readonly<Record<string, PropertyValue>>,
): Readonly<Record<string, PropertyValue>> {
  return Object.fromEntries(
    Object.entries(properties)
      .filter(([, value]) => value !== false)
      .map(([name, value]) => [name, isList(value) ? [...value].sort() : value] as const)
      .filter(([, value]) => !isList(value) || value.length > 0),
  );
}
