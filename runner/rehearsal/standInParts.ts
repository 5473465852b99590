import { escapeIdentifier as id } from "pg";
import type { ObjectId } from "../model";
import { quote } from "../postgres/names";
import { isAllowedForeignKey } from "./allowedExpression";
import { quoted, Rebuilder } from "./rebuilder";
import type { SurroundingConstraint } from "./surroundingsModel";

type Make = (name: string, table: string) => string;

/** By kind, the statement for a stand-in with a name: it contains nothing else of the target, and can be renamed and dropped. */
const STAND_INS: Readonly<Record<string, Make>> = {
  index: (name, table) => `CREATE INDEX ${name} ON ${table} ((1))`,
  constraint: (name, table) => `ALTER TABLE ${table} ADD CONSTRAINT ${name} CHECK (true)`,
  policy: (name, table) => `CREATE POLICY ${name} ON ${table} USING (true)`,
  rule: (name, table) => `CREATE RULE ${name} AS ON DELETE TO ${table} WHERE false DO NOTHING`,
  trigger: (name, table) =>
    `CREATE TRIGGER ${name} BEFORE UPDATE ON ${table} FOR EACH ROW WHEN (false)
       EXECUTE FUNCTION pg_catalog.suppress_redundant_updates_trigger()`,
  statistics: (name, table) => `CREATE STATISTICS ${name} ON (1 + 1) FROM ${table}`,
};

const ON_VIEWS: Readonly<Record<string, Make>> = {
  ...STAND_INS,
  trigger: (name, view) =>
    `CREATE TRIGGER ${name} INSTEAD OF UPDATE ON ${view} FOR EACH ROW
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
  statistics:
    "SELECT FROM pg_catalog.pg_statistic_ext WHERE stxrelid = $1::regclass AND stxname = $2",
};

/**
 * Makes stand-ins for the parts of a table or view that the plan needs and that could not be rebuilt: of the same kind and
 * name, so that a plan which drops or renames them can run. A foreign key is one where its two tables are there: a plan may
 * validate it, or let it be deferred.
 *
 * @param builder its owner's session, or one that contains nothing else of the target
 * @param needed the parts that the plan needs, of all tables
 * @param constraints the table's own
 * @returns the parts for which a stand-in was made
 */
export async function standInForParts(
  builder: Rebuilder,
  of: { readonly schema: string; readonly name: string; readonly kind?: string },
  needed: readonly ObjectId[],
  constraints: readonly SurroundingConstraint[] = [],
): Promise<readonly ObjectId[]> {
  const { kind: isOf = "table", ...table } = of;
  const made: ObjectId[] = [];
  const parts = needed.filter(
    (part) => part.of?.schema === table.schema && part.of.name === table.name,
  );
  for (const part of parts) {
    const { kind, name } = part;
    const [make, there] = [(isOf === "table" ? STAND_INS : ON_VIEWS)[kind], THERE[kind]];
    if (make === undefined || there === undefined) {
      continue;
    }
    const { rowCount } = await builder.client.query(there, [quote(table), name]);
    if (rowCount === 0) {
      const what = `${kind} ${quoted(name)} of ${quoted(table.schema, table.name)}`;
      const own = id(name);
      const named = part.schema === undefined ? own : quote({ schema: part.schema, name });
      const key = constraints.find((one) => one.name === name && isForeignKey(one));
      const isThere =
        (key !== undefined && (await addForeignKey(builder, quote(table), key))) ||
        (await builder.attempt(what, make(named, quote(table))));
      if (isThere) {
        made.push(part);
        builder.omitted.push(`${what}: a stand-in of its name is there`);
      }
    }
  }
  return made;
}

/** A foreign key needs another table: it is made, where the plan needs it, once all tables are there. */
export function isForeignKey({ type, definition }: SurroundingConstraint): boolean {
  return type === "f" || definition?.startsWith("FOREIGN KEY ") === true;
}

/** Adds a foreign key; where the generated rows do not fit, one that is not valid. */
async function addForeignKey(
  builder: Rebuilder,
  table: string,
  { name, definition, foreignKey }: SurroundingConstraint,
): Promise<boolean> {
  const text = definition ?? foreignKey ?? "";
  const unnoted = new Rebuilder(builder.client, []);
  const add = `ALTER TABLE ${table} ADD CONSTRAINT ${id(name)} ${text}`;
  return (
    (await isAllowedForeignKey(text)) &&
    ((await unnoted.attempt("", add)) || (await unnoted.attempt("", `${add} NOT VALID`)))
  );
}
