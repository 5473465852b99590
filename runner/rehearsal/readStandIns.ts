import type { ClientBase } from "pg";
import { baseName } from "../catalog/definedObjects";
import { formerId, isSameObject, laterId, qualified } from "../catalog/kinds/objectId";
import type { CatalogChange, ObjectId } from "../model";
import { splitNames } from "../postgres/names";
import { RELATIONS, ROUTINES, type StandIn } from "./standIns";

/**
 * Reads the needed objects' interfaces: names and types of columns and arguments.
 *
 * @param needed by the names before the steps that have run on the target
 * @param renamed what those steps renamed
 */
export async function readStandIns(
  client: ClientBase,
  needed: readonly ObjectId[],
  { renamed }: Pick<CatalogChange, "renamed">,
): Promise<readonly StandIn[]> {
  const now = (kinds: readonly string[]) =>
    splitNames(
      needed
        .filter(({ kind }) => kinds.includes(kind))
        .map((id) => qualified(laterId(id, renamed))),
    );
  const { rows } = await client.query<{ row: StandIn }>(QUERY, [
    ...now(RELATIONS),
    ...now(ROUTINES),
  ]);
  return rows.map(({ row: { ownedBy, ...row } }) => {
    const { schema, name } = qualified(formerId(idOf(row), renamed));
    const column = ownedBy && formerId(columnId(ownedBy), renamed);
    const table = needed.find(
      (one) => one.kind === "table" && column?.of !== undefined && isSameObject(one, column.of),
    );
    return {
      ...row,
      schema,
      name: ROUTINES.includes(row.kind) ? baseName(name) : name,
      ownedBy: table && column && { ...qualified(table), column: column.name },
    };
  });
}

function idOf({ kind, schema, name }: Pick<StandIn, "kind" | "schema" | "name">): ObjectId {
  return { kind, schema, name };
}

function columnId({ schema, name, column }: NonNullable<StandIn["ownedBy"]>): ObjectId {
  return { kind: "column", name: column, of: { kind: "table", schema, name } };
}

/** Parameters, as text[]: $1, $2 schemas and names of relations; $3, $4 of routines, with the types of their arguments. */
const QUERY = `
  SELECT jsonb_build_object('kind', CASE c.relkind WHEN 'c' THEN 'composite type' WHEN 'S' THEN 'sequence' WHEN 'm' THEN 'materialized view' ELSE 'view' END,
    'schema', named.schema, 'name', named.name, 'owner', pg_get_userbyid(c.relowner), 'arguments', '[]'::jsonb, 'returns', NULL, 'isSet', false,
    'ownedBy', (SELECT jsonb_build_object('schema', (SELECT x.nspname FROM pg_namespace x WHERE x.oid = o.relnamespace), 'name', o.relname, 'column', a.attname)
      FROM pg_depend d JOIN pg_class o ON o.oid = d.refobjid JOIN pg_attribute a ON a.attrelid = o.oid AND a.attnum = d.refobjsubid
     WHERE d.classid = 'pg_class'::regclass AND d.objid = c.oid AND d.refclassid = 'pg_class'::regclass AND d.deptype = 'a'),
    'columns', CASE WHEN c.relkind = 'S' THEN '[]' ELSE coalesce((
      SELECT jsonb_agg(jsonb_build_object('name', a.attname, 'type', format_type(a.atttypid, a.atttypmod)) ORDER BY a.attnum)
        FROM pg_attribute a WHERE a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped), '[]') END) AS row
    FROM unnest($1::text[], $2::text[]) AS named(schema, name)
    JOIN pg_namespace n ON n.nspname = named.schema
    JOIN pg_class c ON c.relnamespace = n.oid AND c.relname = named.name
   WHERE c.relkind IN ('v', 'm', 'c', 'S')
     AND NOT (c.relkind = 'S' AND EXISTS (SELECT FROM pg_depend d WHERE d.classid = 'pg_class'::regclass AND d.objid = c.oid AND d.deptype = 'i'))
  UNION ALL
  SELECT jsonb_build_object('kind', CASE f.prokind WHEN 'p' THEN 'procedure' ELSE 'function' END, 'schema', named.schema, 'name', named.name, 'owner', pg_get_userbyid(f.proowner), 'columns', '[]'::jsonb,
    'arguments', coalesce((SELECT jsonb_agg(jsonb_build_object('mode', coalesce(f.proargmodes[o], 'i'), 'name', coalesce(f.proargnames[o], ''), 'type', format_type(t, NULL)) ORDER BY o)
        FROM unnest(coalesce(f.proallargtypes, f.proargtypes::oid[])) WITH ORDINALITY x(t, o)), '[]'),
    'returns', format_type(f.prorettype, NULL), 'isSet', f.proretset, 'ownedBy', NULL)
    FROM unnest($3::text[], $4::text[]) AS named(schema, name)
    JOIN pg_namespace n ON n.nspname = named.schema
    JOIN pg_proc f ON f.pronamespace = n.oid AND f.prokind IN ('f', 'p')
     AND quote_ident(f.proname) || '(' || oidvectortypes(f.proargtypes) || ')' = named.name`;
