import { escapeIdentifier, escapeLiteral } from "pg";
import { columnsByRelation, parentOf } from "../catalog/compare";
import { referencedTable } from "../sql/identifiers";
import {
  entryOf,
  manual,
  PHASES,
  quoteQualified,
  splitMember,
  statementFor,
  type Repair,
  type RepairContext,
} from "./context";

/** A table that is missing: created by the directive's own statements, with all that belongs on it. Its rows are gone. */
export function createTable(context: RepairContext, relation: string): Repair {
  const now = context.renamed.get(relation);
  if (now !== undefined) {
    return renameBack(relation, now);
  }
  const sql = tableStatements(context, relation);
  if (context.objects.schemas.includes(relation.split(".")[0] ?? "")) {
    return manual(sql, "what the runner recorded is gone with it: restore it from a backup");
  }
  return sql.length === 0
    ? manual([], "no statement of the directives creates it")
    : {
        how: "plan",
        sql,
        note: "its rows are gone with it: restore them from a backup first where they are needed",
        phase: PHASES.table,
      };
}

function renameBack(relation: string, now: string): Repair {
  const [schema, name] = relation.split(".") as [string, string];
  const [nowSchema, nowName] = now.split(".") as [string, string];
  return {
    how: "plan",
    sql: [
      ...(schema === nowSchema
        ? []
        : [`ALTER TABLE ${quoteQualified(now)} SET SCHEMA ${escapeIdentifier(schema)}`]),
      ...(name === nowName
        ? []
        : [
            `ALTER TABLE ${quoteQualified(`${schema}.${nowName}`)} RENAME TO ${escapeIdentifier(name)}`,
          ]),
    ],
    note: `it is there as ${now}, with its rows`,
    phase: PHASES.rename,
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
    ...grantStatements(context, relation),
  ];
}

function commentOn({ expected }: RepairContext, key: string, name: string): string[] {
  const { comment } = entryOf(expected, key);
  return typeof comment === "string" ? [`COMMENT ON ${name} IS ${escapeLiteral(comment)}`] : [];
}

/** What default privileges gave on a relation just created is taken away; then the matrix's grants on it. */
function grantStatements({ access }: RepairContext, relation: string): string[] {
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
  const grants = access.grants.filter(
    ({ schema, object }) => object !== undefined && `${schema}.${object}` === relation,
  );
  return [
    revoke,
    ...grants.map(({ privileges, columns, role }) => {
      const on = columns === undefined ? "" : ` (${columns.map(escapeIdentifier).join(", ")})`;
      const words = privileges.map((privilege) => `${privilege}${on}`).join(", ");
      return `GRANT ${words} ON TABLE ${name} TO ${escapeIdentifier(role)}`;
    }),
  ];
}

/** The matrix's grants on these columns alone. */
export function columnGrants(
  { access }: RepairContext,
  relation: string,
  made: readonly string[],
): string[] {
  return access.grants.flatMap(({ schema, object, columns, privileges, role }) => {
    const names = (columns ?? []).filter((one) => made.includes(one)).map(escapeIdentifier);
    const words = privileges.map((one) => `${one} (${names.join(", ")})`).join(", ");
    return `${schema}.${object ?? ""}` !== relation || names.length === 0
      ? []
      : [`GRANT ${words} ON TABLE ${quoteQualified(relation)} TO ${escapeIdentifier(role)}`];
  });
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
          ...grantStatements(context, relation),
        ],
        phase: PHASES.view,
      };
}

/**
 * Whether a table's columns can only be put right by making the table anew: one is missing from the middle, or they stand
 * in another order. Undefined where the table is not one that a section creates, or has a column that is not ours.
 */
export function needsRebuild(context: RepairContext, relation: string): boolean {
  const { expected, live } = context;
  const isOurs =
    `table ${relation}` in live &&
    statementFor(context, `table ${relation}`) !== undefined &&
    !context.objects.schemas.includes(relation.split(".")[0] ?? "");
  const wanted = columnsByRelation(expected).get(relation) ?? [];
  const found = columnsByRelation(live).get(relation) ?? [];
  const missing = wanted.filter((column) => !found.includes(column));
  const extra = found.filter((column) => !wanted.includes(column));
  const afterAdding = [...found.filter((column) => wanted.includes(column)), ...missing];
  // A column of another name in a missing one's place was renamed.
  return isOurs && extra.length === 0 && afterAdding.join() !== wanted.join();
}

/**
 * A table made anew, with the rows that it has: the directive's own statements, the columns in their order. The rows are
 * copied, the table dropped (not by CASCADE), made, filled and counted, in the caller's one transaction.
 */
export function rebuildTable(context: RepairContext, relation: string): Repair {
  const { expected, live } = context;
  const name = quoteQualified(relation);
  const copy = `pg_temp.${escapeIdentifier(`v7_repair_${splitMember(`${relation}.`)[0].split(".")[1] ?? ""}`)}`;
  const wanted = columnsByRelation(expected).get(relation) ?? [];
  const found = columnsByRelation(live).get(relation) ?? [];
  const kept = wanted.filter((column) => found.includes(column)).map(escapeIdentifier);
  const views = context.objects.views.map(({ schema, name: view }) => `${schema}.${view}`);
  const keys = foreignKeysTo(context, relation);
  const sql = [
    `LOCK TABLE ${name} IN ACCESS EXCLUSIVE MODE`,
    ...views.map((view) => `DROP VIEW IF EXISTS ${quoteQualified(view)}`),
    ...keys.map(
      ({ table, constraint }) => `ALTER TABLE ${table} DROP CONSTRAINT IF EXISTS ${constraint}`,
    ),
    `CREATE TEMPORARY TABLE ${copy.replace("pg_temp.", "")} AS TABLE ${name}`,
    `DROP TABLE ${name}`,
    ...tableStatements(context, relation),
    `INSERT INTO ${name} (${kept.join(", ")}) SELECT ${kept.join(", ")} FROM ${copy}`,
    `DO $v7$
BEGIN
    IF (SELECT count(*) FROM ${name}) <> (SELECT count(*) FROM ${copy}) THEN
        RAISE EXCEPTION 'not every row was brought over';
    END IF;
END
$v7$`,
    `DROP TABLE ${copy}`,
    ...keys.map(
      ({ table, constraint, definition }) =>
        `ALTER TABLE ${table} ADD CONSTRAINT ${constraint} ${definition}`,
    ),
    ...views.flatMap((view) => recreateView({ ...context, live: {} }, view).sql),
  ];
  return {
    how: "plan",
    sql,
    note: "makes the table anew and copies its rows, under a lock that readers wait for; run it in one transaction",
    phase: PHASES.table,
  };
}

/** The rebuild that makes this object on its way: a view, or a foreign key to a table that is made anew. */
export function rebuiltAlong(context: RepairContext, object: string): Repair | undefined {
  const relations = context.objects.tables.map(({ schema, name }) => `${schema}.${name}`);
  const relation = relations.filter((one) => needsRebuild(context, one)).at(-1);
  if (relation === undefined) {
    return undefined;
  }
  const isKey = foreignKeysTo(context, relation).some(({ key }) => key === object);
  return isKey || object.startsWith("view ") ? rebuildTable(context, relation) : undefined;
}

/** The foreign keys of our other tables that refer to this one. */
function foreignKeysTo(
  { expected }: RepairContext,
  relation: string,
): {
  readonly key: string;
  readonly table: string;
  readonly constraint: string;
  readonly definition: string;
}[] {
  const [schema, table] = relation.split(".") as [string, string];
  return Object.entries(expected).flatMap(([key, value]) => {
    const definition = String((value as { definition?: unknown } | undefined)?.definition);
    const to = referencedTable(definition);
    const from = parentOf(key, value);
    return key.startsWith("constraint ") &&
      to?.name === table &&
      (to.schema ?? schema) === schema &&
      from !== relation
      ? [
          {
            key,
            table: quoteQualified(from ?? ""),
            constraint: escapeIdentifier(splitMember(key.replace("constraint ", ""))[1]),
            definition,
          },
        ]
      : [];
  });
}
