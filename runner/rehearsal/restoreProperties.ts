import { escapeIdentifier as id } from "pg";
import { differenceOf } from "../catalog/change";
import type { DescribedCatalog } from "../catalog/describe";
import { kindOf } from "../catalog/kinds";
import {
  grantStatement,
  revokeStatement,
  setBackStatement,
  type Kind,
} from "../catalog/kinds/kind";
import { keyOf } from "../catalog/kinds/objectId";
import { entriesOf } from "../catalog/propertyValue";
import type { CatalogObject, ObjectId, PropertyValue } from "../model";
import { plain, quoted, type Rebuilder } from "./rebuilder";
import { REHEARSAL_DATABASE } from "./sessions";
import { textOf, type Surroundings } from "./surroundingsModel";

/** What the builder sets as a repair does: no expression of the target, only words, numbers and what is quoted. */
const PROPERTIES =
  "storage compression statistics options clustered replicaIdentity target comment".split(" ");

/** Of others, the builder is not the owner. */
const NOT_BUILDERS: readonly string[] = ["role", "extension", "database"];

const WORD = /^[A-Za-z0-9 ]+$/;

/**
 * Gives the rebuilt objects the comments, options and so on that they have on the target.
 *
 * @param there the rebuilt objects
 */
export async function restoreProperties(
  builder: Rebuilder,
  { objects }: Surroundings,
  there: DescribedCatalog,
): Promise<void> {
  for (const [key, { id: object, properties: expected }] of objects) {
    const found = there.get(key)?.properties;
    if (found === undefined || NOT_BUILDERS.includes(object.kind)) {
      continue;
    }
    const kind = kindOf(object.kind);
    for (const property of PROPERTIES) {
      const value = expected[property] ?? null;
      const differs = differenceOf(found[property] ?? null, value) !== undefined;
      if (differs && isPlain(property, value)) {
        const sql = setBackStatement(kind, object, property, value, { expected, found });
        await (sql && builder.attempt(`${property} of ${named(object)}`, sql));
      }
    }
  }
}

function isPlain(property: string, value: PropertyValue): boolean {
  return property === "comment" || typeof value !== "string" || WORD.test(value);
}

/** Gives the objects to their owners. No owner is a superuser here, so that no expression runs as one. */
export async function giveToOwners(
  superuser: Rebuilder,
  { objects }: Surroundings,
  there: DescribedCatalog,
): Promise<void> {
  await superuser.attemptEach(
    [...objects.values()].filter((one) => isOwned(one, there)),
    (object) => [
      `owner of ${named(object.id)}`,
      setBackStatement(kindOf(object.id.kind), object.id, "owner", textOf(object, "owner")) ?? "",
    ],
  );
}

/** Whether it has an owner of its own. A sequence that belongs to a column has the table's. */
function isOwned(object: CatalogObject, there: DescribedCatalog): boolean {
  const found = there.get(keyOf(object.id));
  return (
    found !== undefined &&
    !NOT_BUILDERS.includes(object.id.kind) &&
    textOf(object, "owner") !== null &&
    textOf(found, "ownedBy") === null
  );
}

/** The kinds for which GRANT needs more than their descriptors say. */
const GRANTED: Readonly<Record<string, Kind>> = {
  database: { ...kindOf("database"), reference: () => `DATABASE ${id(REHEARSAL_DATABASE)}` },
  "default privileges": {
    ...kindOf("default privileges"),
    grantedOn: ({ name }) => `ON ${name.toUpperCase()}`,
  },
};

/** Gives privileges and default privileges, as the superuser: the statements contain only names and privileges. */
export async function restorePrivileges(
  superuser: Rebuilder,
  { objects }: Surroundings,
  there: DescribedCatalog,
): Promise<void> {
  for (const [key, object] of objects) {
    const isDefault = object.id.kind === "default privileges";
    const found = there.get(key);
    // What the steps dropped has no privileges that are known.
    if ((found === undefined && !isDefault) || object.properties["privileges"] === undefined) {
      continue;
    }
    const kind = GRANTED[object.id.kind] ?? kindOf(object.id.kind);
    const [wanted, has] = [grantsOf(object), grantsOf(found)];
    const statements = [
      ...has
        .filter((one) => !wanted.includes(one))
        .map((one) => revokeStatement(kind, object.id, one)),
      ...wanted
        .filter((one) => !has.includes(one))
        .map((one) => grantStatement(kind, object.id, one)),
    ].filter((sql) => sql !== null);
    await superuser.attemptEach(statements, (sql) => [
      `privileges on ${named(object.id)}`,
      isDefault ? `ALTER DEFAULT PRIVILEGES FOR ${ownerOf(object.id)} ${sql}` : sql,
    ]);
  }
}

function ownerOf({ of, schema }: ObjectId): string {
  return `ROLE ${id(of?.name ?? "")}${schema === undefined ? "" : ` IN SCHEMA ${id(schema)}`}`;
}

/** Without those of the owner and of the superuser, whose name differs; whoever granted them. */
function grantsOf(object: CatalogObject | undefined): readonly string[] {
  const entries = entriesOf(object?.properties["privileges"] ?? null);
  return entries
    .filter((one) => !one.startsWith("<owner>=") && !one.startsWith("<superuser>="))
    .map((one) => one.replace(/ by [^=]*$/, ""));
}

function named({ kind, schema, name, of }: ObjectId): string {
  const own = schema === undefined ? quoted(name) : quoted(schema, name);
  return of === undefined
    ? `${kind} ${own}`
    : `${kind} ${plain(name)} of ${quoted(of.schema ?? "", of.name)}`;
}
