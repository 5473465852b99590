import { escapeLiteral } from "pg";
import { grantsOn, grantStatements } from "../directive/grantStatements";
import {
  entryOf,
  manual,
  PHASES,
  quoteQualified,
  statementFor,
  type Repair,
  type RepairContext,
} from "./context";

/** A table that is missing: created by the directive's own statements, with all that belongs on it. Its rows are gone. */
export function createTable(context: RepairContext, relation: string): Repair {
  const sql = tableStatements(context, relation);
  if (context.objects.schemas.includes(relation.split(".")[0] ?? "")) {
    return manual(sql, "what the runner recorded is gone with it: restore it from a backup");
  }
  return sql.length === 0
    ? manual([], "no statement of the directives creates it")
    : {
        how: "plan",
        sql,
        note: "if it was renamed or moved, take that back instead; if it was dropped, restore its rows from a backup afterwards",
        phase: PHASES.table,
      };
}

/** Everything that the directives have on a table, from their own statements, closed to everybody but the matrix. */
function tableStatements(context: RepairContext, relation: string): string[] {
  const table = statementFor(context, `table ${relation}`);
  if (table === undefined) {
    return [];
  }
  const onIt = context.created.filter(
    (one) => one.table !== undefined && `${one.table.schema}.${one.table.name}` === relation,
  );
  return [
    table,
    ...onIt.map(({ key }) => statementFor(context, key) ?? ""),
    ...commentOn(context, `table ${relation}`, `TABLE ${quoteQualified(relation)}`),
    ...closeAndGrant(context, relation),
  ];
}

function commentOn({ expected }: RepairContext, key: string, name: string): string[] {
  const { comment } = entryOf(expected, key);
  return typeof comment === "string" ? [`COMMENT ON ${name} IS ${escapeLiteral(comment)}`] : [];
}

/** What default privileges gave on a relation just created is taken away; then the matrix's grants on it. */
function closeAndGrant({ access }: RepairContext, relation: string): string[] {
  const name = quoteQualified(relation);
  const revoke = `DO $v7$
DECLARE
    who text;
BEGIN
    FOR who IN
        SELECT DISTINCT CASE a.grantee WHEN 0 THEN 'PUBLIC' ELSE pg_catalog.quote_ident(pg_catalog.pg_get_userbyid(a.grantee)) END
        FROM pg_catalog.pg_class c CROSS JOIN LATERAL pg_catalog.aclexplode(c.relacl) a
        WHERE c.oid = ${escapeLiteral(name)}::pg_catalog.regclass AND a.grantee <> c.relowner
    LOOP
        EXECUTE 'REVOKE ALL PRIVILEGES ON TABLE ' || ${escapeLiteral(name)} || ' FROM ' || who;
    END LOOP;
END
$v7$`;
  return [revoke, ...grantStatements({ grants: grantsOn(access, relation) })];
}

/** A view made anew from the directive's own statement. What depends on it stops the repair: nothing is dropped by CASCADE. */
export function recreateView(context: RepairContext, relation: string): Repair {
  const create = statementFor(context, `view ${relation}`);
  const isThere = `view ${relation}` in context.live;
  return create === undefined
    ? manual([], "no statement of the directives creates it")
    : {
        how: isThere ? "plan" : "additive",
        sql: [
          ...(isThere ? [`DROP VIEW IF EXISTS ${quoteQualified(relation)}`] : []),
          create,
          ...commentOn(context, `view ${relation}`, `VIEW ${quoteQualified(relation)}`),
          ...closeAndGrant(context, relation),
        ],
        phase: PHASES.view,
      };
}
