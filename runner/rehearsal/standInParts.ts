import { escapeIdentifier as id } from "pg";
import { describeCatalog } from "../catalog/describe";
import { keyOf, qualified } from "../catalog/kinds/objectId";
import type { CatalogObject, ObjectId } from "../model";
import { quote } from "../postgres/names";
import { isAllowedForeignKey } from "./allowedExpression";
import { isForeignKey } from "./rebuildTable";
import { quoted, type Rebuilder } from "./rebuilder";
import { textOf, type Surroundings } from "./surroundingsModel";

type Make = (name: string, of: string) => string;

/** By kind, the statement for a stand-in with a name: it contains nothing else of the target, and can be renamed and dropped. */
const ON_TABLES: Readonly<Record<string, Make>> = {
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
  ...ON_TABLES,
  trigger: (name, view) =>
    `CREATE TRIGGER ${name} INSTEAD OF UPDATE ON ${view} FOR EACH ROW
       EXECUTE FUNCTION pg_catalog.suppress_redundant_updates_trigger()`,
};

/** By the kind of the object that the parts are of. */
const STAND_INS: Readonly<Record<string, Readonly<Record<string, Make>>>> = {
  table: ON_TABLES,
  view: ON_VIEWS,
  "materialized view": ON_VIEWS,
  domain: {
    constraint: (name, domain) =>
      `ALTER DOMAIN ${domain} ADD CONSTRAINT ${name} CHECK (true) NOT VALID`,
  },
};

/**
 * Makes stand-ins for the parts of rebuilt objects that the plan needs and that could not be rebuilt: of the same kind and
 * name, so that a plan which drops or renames them can run. A foreign key is one where its two tables are there: a plan may
 * validate it, or let it be deferred.
 *
 * @returns the parts for which a stand-in was made
 */
export async function standInForParts(
  builder: Rebuilder,
  { neededParts, objects }: Pick<Surroundings, "neededParts" | "objects">,
): Promise<readonly ObjectId[]> {
  const there = await describeCatalog(builder.client);
  const made: ObjectId[] = [];
  for (const part of neededParts) {
    const { kind, schema, name, of } = part;
    const make = STAND_INS[of?.kind ?? ""]?.[kind];
    if (of === undefined || make === undefined || there.has(keyOf(part)) || !there.has(keyOf(of))) {
      continue;
    }
    const host = qualified(of);
    const what = `${kind} ${quoted(name)} of ${quoted(host.schema, host.name)}`;
    const named = schema === undefined ? id(name) : quote({ schema, name });
    const known = objects.get(keyOf(part));
    const isThere =
      (known !== undefined &&
        isForeignKey(known) &&
        (await addForeignKey(builder, quote(host), known))) ||
      (await builder.attempt(what, make(named, quote(host))));
    if (isThere) {
      made.push(part);
      builder.omitted.push(`${what}: a stand-in of its name is there`);
    }
  }
  return made;
}

/** Adds a foreign key; where the generated rows do not fit, one that is not valid. */
async function addForeignKey(
  builder: Rebuilder,
  table: string,
  key: CatalogObject,
): Promise<boolean> {
  const text = textOf(key, "definition") ?? "";
  const add = `ALTER TABLE ${table} ADD CONSTRAINT ${id(key.id.name)} ${text}`;
  return (
    (await isAllowedForeignKey(text)) &&
    ((await builder.canRun(add)) || (await builder.canRun(`${add} NOT VALID`)))
  );
}
