import { escapeIdentifier as id } from "pg";
import type { ObjectId, QualifiedName } from "../model";
import { quote } from "../postgres/names";
import { quoted, type Rebuilder } from "./rebuilder";

/** By kind, the statement for a stand-in with a name: it contains nothing else of the target, and can be renamed and dropped. */
const STAND_INS: Readonly<Record<string, (name: string, table: string) => string>> = {
  index: (name, table) => `CREATE INDEX ${name} ON ${table} ((1))`,
  constraint: (name, table) => `ALTER TABLE ${table} ADD CONSTRAINT ${name} CHECK (true)`,
  policy: (name, table) => `CREATE POLICY ${name} ON ${table} USING (true)`,
  rule: (name, table) => `CREATE RULE ${name} AS ON DELETE TO ${table} WHERE false DO NOTHING`,
  trigger: (name, table) =>
    `CREATE TRIGGER ${name} BEFORE UPDATE ON ${table} FOR EACH ROW WHEN (false)
       EXECUTE FUNCTION pg_catalog.suppress_redundant_updates_trigger()`,
};

/** By kind, a query that finds a table's part by name. Parameters: $1 the table's quoted name; $2 the part's name. */
const THERE: Readonly<Record<string, string>> = {
  index:
    "SELECT FROM pg_catalog.pg_index i JOIN pg_catalog.pg_class c ON c.oid = i.indexrelid WHERE i.indrelid = $1::regclass AND c.relname = $2",
  constraint: "SELECT FROM pg_catalog.pg_constraint WHERE conrelid = $1::regclass AND conname = $2",
  policy: "SELECT FROM pg_catalog.pg_policy WHERE polrelid = $1::regclass AND polname = $2",
  rule: "SELECT FROM pg_catalog.pg_rewrite WHERE ev_class = $1::regclass AND rulename = $2",
  trigger: "SELECT FROM pg_catalog.pg_trigger WHERE tgrelid = $1::regclass AND tgname = $2",
};

/**
 * Makes stand-ins for the parts of a table that the plan needs and that could not be rebuilt: of the same kind and name, so
 * that a plan which drops or renames them can run.
 *
 * @returns the parts for which a stand-in was made
 */
export async function standInForParts(
  builder: Rebuilder,
  table: QualifiedName,
  needed: readonly ObjectId[],
): Promise<readonly ObjectId[]> {
  const made: ObjectId[] = [];
  for (const part of needed) {
    const { kind, name } = part;
    const [make, there] = [STAND_INS[kind], THERE[kind]];
    if (make === undefined || there === undefined) {
      continue;
    }
    const { rowCount } = await builder.client.query(there, [quote(table), name]);
    if (rowCount === 0) {
      const what = `${kind} ${quoted(name)} of ${quoted(table.schema, table.name)}`;
      if (await builder.attempt(what, make(id(name), quote(table)))) {
        made.push(part);
        builder.omitted.push(`${what}: a stand-in of its name is there`);
      }
    }
  }
  return made;
}
