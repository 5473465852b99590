import type { ClientBase } from "pg";
import type { ObjectType } from "../directive/objectType";
import type { DefinedObjects, QualifiedName } from "../model";
import { splitNames } from "../postgres/names";
import { baseName } from "./definedObjects";

/** How many of these tables, views, schemas and functions each role owns, most first. Missing objects are not counted. */
export async function takeOwners(
  client: ClientBase,
  { schemas, granted }: Pick<DefinedObjects, "schemas" | "granted">,
): Promise<ReadonlyMap<string, number>> {
  const names = (type: ObjectType): QualifiedName[] =>
    granted.filter(({ objectType }) => objectType === type);
  const { rows } = await client.query<{ owner: string; count: number }>(
    `SELECT pg_get_userbyid(found.owner) AS owner, count(*)::int AS count FROM (
       SELECT c.relowner AS owner FROM unnest($1::name[], $2::name[]) AS named(schema, name)
         JOIN pg_namespace n ON n.nspname = named.schema
         JOIN pg_class c ON c.relnamespace = n.oid AND c.relname = named.name
       UNION ALL
       SELECT n.nspowner FROM pg_namespace n WHERE n.nspname = ANY ($3::name[])
       UNION ALL
       SELECT f.proowner FROM unnest($4::name[], $5::name[]) AS named(schema, name)
         JOIN pg_namespace n ON n.nspname = named.schema
         JOIN pg_proc f ON f.pronamespace = n.oid AND f.proname = named.name) found
      GROUP BY 1 ORDER BY 2 DESC, 1`,
    [
      ...splitNames(names("table")),
      schemas,
      ...splitNames(names("function").map((one) => ({ ...one, name: baseName(one.name) }))),
    ],
  );
  return new Map(rows.map(({ owner, count }) => [owner, count]));
}

/** The role that owns all of the objects, if one does. */
export function soleOwner(owners: ReadonlyMap<string, number>): string | undefined {
  return owners.size === 1 ? [...owners.keys()][0] : undefined;
}
