import type { ClientBase } from "pg";
import { revokeStatements } from "../catalog/excessAccess";
import { grantWord, objectTypeOf, quoteGrantedName } from "../directive/objectType";
import type { ObjectId } from "../model";
import { splitNames } from "../postgres/names";
import { together } from "../postgres/together";

/**
 * Revokes, on the objects that the steps made, all privileges of everybody but the owner: default privileges, or a GRANT of
 * the directive, gave them. This happens in the transaction that made the objects, so that they are never open to others.
 * The access matrix's grants are made afterwards.
 *
 * @returns a line for each revocation, as SQL without REVOKE
 */
export async function closeAdded(
  client: ClientBase,
  made: readonly ObjectId[],
): Promise<readonly string[]> {
  const named = made.flatMap(({ kind, schema = "", name }) => {
    const objectType = objectTypeOf({ kind });
    return objectType === undefined || objectType === "column"
      ? []
      : [
          {
            schema,
            name,
            type: grantWord(objectType),
            on:
              objectType === "schema"
                ? quoteGrantedName({ objectType, schema: name })
                : quoteGrantedName({ objectType, schema, object: name }),
          },
        ];
  });
  // A view that takes the name of a dropped table is the same target.
  const targets = [...new Map(named.map((one) => [`${one.type} ${one.on}`, one])).values()];
  if (targets.length === 0) {
    return [];
  }
  const { rows } = await client.query<Row>(QUERY, [
    ...splitNames(targets),
    targets.map(({ type }) => type),
  ]);
  const excess = rows.map(({ position, grantee }) => {
    const { type = "", on = "" } = targets[position - 1] ?? {};
    return { option: "", privilege: "ALL", type, on, from: grantee };
  });
  await together(revokeStatements(excess).map((one) => client.query(one)));
  return excess.map(({ type, on, from }) => `ALL ON ${type} ${on} FROM ${from}`);
}

interface Row {
  /** From 1, in the targets' order. */
  readonly position: number;
  /** Quoted where needed. */
  readonly grantee: string;
}

/** Parameters, as text[]: $1, $2 schemas and names, $3 the words after ON: TABLE, TYPE. */
const QUERY = `WITH named AS (
  SELECT schema, name, word, position
    FROM unnest($1::text[], $2::text[], $3::text[]) WITH ORDINALITY AS one(schema, name, word, position)
), found AS (
  SELECT m.position, c.oid, c.relowner AS owner, c.relacl AS acl
    FROM named m JOIN pg_catalog.pg_namespace n ON n.nspname = m.schema
    JOIN pg_catalog.pg_class c ON c.relnamespace = n.oid AND c.relname = m.name
   WHERE m.word IN ('TABLE', 'SEQUENCE')
  UNION ALL
  SELECT m.position, NULL, t.typowner, coalesce(t.typacl, pg_catalog.acldefault('T', t.typowner))
    FROM named m JOIN pg_catalog.pg_namespace n ON n.nspname = m.schema
    JOIN pg_catalog.pg_type t ON t.typnamespace = n.oid AND t.typname = m.name
   WHERE m.word = 'TYPE'
  UNION ALL
  SELECT m.position, NULL, f.proowner, coalesce(f.proacl, pg_catalog.acldefault('f', f.proowner))
    FROM named m JOIN pg_catalog.pg_namespace n ON n.nspname = m.schema
    JOIN pg_catalog.pg_proc f ON f.pronamespace = n.oid
     AND pg_catalog.quote_ident(f.proname) || '(' || pg_catalog.oidvectortypes(f.proargtypes) || ')' = m.name
   WHERE m.word = 'ROUTINE'
  UNION ALL
  SELECT m.position, NULL, n.nspowner, n.nspacl
    FROM named m JOIN pg_catalog.pg_namespace n ON n.nspname = m.name WHERE m.word = 'SCHEMA'
)
SELECT DISTINCT f.position::int AS position,
       CASE a.grantee WHEN 0 THEN 'PUBLIC' ELSE pg_catalog.quote_ident(pg_catalog.pg_get_userbyid(a.grantee)) END AS grantee
  FROM found f CROSS JOIN LATERAL (
    SELECT grantee FROM pg_catalog.aclexplode(f.acl)
    UNION
    SELECT x.grantee FROM pg_catalog.pg_attribute t CROSS JOIN LATERAL pg_catalog.aclexplode(t.attacl) x
     WHERE t.attrelid = f.oid) a
 WHERE a.grantee <> f.owner
 ORDER BY 1, 2`;
