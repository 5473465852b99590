import { escapeIdentifier, type ClientBase } from "pg";
import { ARCHIVE_SCHEMA } from "../catalog/archive";
import type { QualifiedName } from "../model";
import { formatName, quote } from "../postgres/names";

/** A table of the source or of the target; a partitioned table stands for its partitions. */
interface SideTable extends QualifiedName {
  readonly isPartitioned: boolean;
  readonly columns: readonly SideColumn[];
  readonly mayRead: boolean;
  /** Whether the login owns it, or belongs to the role that does. */
  readonly isOwn: boolean;
  /** Whether an extension made it, and writes its rows. */
  readonly isOfExtension: boolean;
}

interface SideColumn {
  readonly name: string;
  readonly type: string;
  readonly isGenerated: boolean;
}

/** A table that source and target have with the same columns. */
export interface CopyTable extends QualifiedName {
  readonly isPartitioned: boolean;
  /** The SQL that reads its rows from the source, and the SQL that writes them. Generated columns are left out. */
  readonly copyTo: string;
  readonly copyFrom: string;
}

/** A table of the source whose rows are not copied. */
export interface NotCopied {
  /** `public.jobs` */
  readonly table: string;
  readonly reason: string;
}

/** Schemas that are not copied: the system's, and those with the runner's own data about one database. */
const LEFT_OUT = ["information_schema", "v7_control", ARCHIVE_SCHEMA];

const TABLES = `
  SELECT n.nspname AS schema, c.relname AS name, c.relkind = 'p' AS "isPartitioned",
         pg_catalog.has_schema_privilege(n.oid, 'USAGE') AND pg_catalog.has_table_privilege(c.oid, 'SELECT') AS "mayRead",
         pg_catalog.pg_has_role(c.relowner, 'USAGE') AS "isOwn",
         EXISTS (SELECT FROM pg_catalog.pg_depend d WHERE d.classid = 'pg_catalog.pg_class'::pg_catalog.regclass
                    AND d.objid = c.oid AND d.deptype = 'e') AS "isOfExtension",
         coalesce((SELECT json_agg(json_build_object('name', a.attname, 'isGenerated', a.attgenerated <> '',
                            'type', pg_catalog.format_type(a.atttypid, a.atttypmod)) ORDER BY a.attname)
            FROM pg_catalog.pg_attribute a
           WHERE a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped), '[]') AS columns
    FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
   WHERE c.relkind IN ('r', 'p') AND NOT c.relispartition AND n.nspname !~ '^pg_' AND n.nspname <> ALL ($1)
   ORDER BY 1, 2`;

/** Finds the tables that can be copied, and why the source's other tables cannot. Changes nothing. */
export async function findCopyTables(
  source: ClientBase,
  target: ClientBase,
): Promise<{ readonly tables: readonly CopyTable[]; readonly notCopied: readonly NotCopied[] }> {
  const there = await readTables(source);
  const here = new Map((await readTables(target)).map((table) => [formatName(table), table]));
  const tables: CopyTable[] = [];
  const notCopied: NotCopied[] = [];
  for (const table of there) {
    const name = formatName(table);
    const reason = reasonAgainst(table, here.get(name));
    if (reason === undefined) {
      tables.push(copyTable(table));
    } else {
      notCopied.push({ table: name, reason });
    }
  }
  return { tables, notCopied };
}

async function readTables(client: ClientBase): Promise<readonly SideTable[]> {
  return (await client.query<SideTable>(TABLES, [LEFT_OUT])).rows;
}

/** Why a table's rows are not copied; undefined where they are. */
function reasonAgainst(source: SideTable, target: SideTable | undefined): string | undefined {
  if (source.isOfExtension) {
    return "an extension made it, and fills it";
  }
  if (target === undefined) {
    return "only in the source";
  }
  const differing = differingColumns(source, target);
  if (differing.length > 0) {
    return `other columns: ${differing.join(", ")}`;
  }
  if (!source.mayRead) {
    return "the source's login may not read it";
  }
  if (!target.isOwn) {
    return "it is not the target's login's own";
  }
  return source.columns.every(({ isGenerated }) => isGenerated)
    ? "it has no column that can be written"
    : undefined;
}

/** `size (integer in the source, bigint in the target)` */
function differingColumns(source: SideTable, target: SideTable): string[] {
  const describe = (columns: readonly SideColumn[]): Map<string, string> =>
    new Map(
      columns.map(({ name, type, isGenerated }) => [
        name,
        `${type}${isGenerated ? ", generated" : ""}`,
      ]),
    );
  const [there, here] = [describe(source.columns), describe(target.columns)];
  return [...new Set([...there.keys(), ...here.keys()])]
    .filter((name) => there.get(name) !== here.get(name))
    .map(
      (name) =>
        `${name} (${there.get(name) ?? "none"} in the source, ${here.get(name) ?? "none"} in the target)`,
    );
}

function copyTable(table: SideTable): CopyTable {
  const { schema, name, isPartitioned } = table;
  const columns = table.columns
    .filter(({ isGenerated }) => !isGenerated)
    .map((column) => escapeIdentifier(column.name))
    .join(", ");
  const list = `${quote(table)} (${columns})`;
  return {
    schema,
    name,
    isPartitioned,
    // COPY … TO does not read the rows of a partitioned table's partitions, SELECT does.
    copyTo: isPartitioned
      ? `COPY (SELECT ${columns} FROM ${quote(table)}) TO STDOUT`
      : `COPY ${list} TO STDOUT`,
    copyFrom: `COPY ${list} FROM STDIN`,
  };
}
