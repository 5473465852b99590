import { escapeIdentifier, escapeLiteral } from "pg";
import { ownValue } from "../../base/ownValue";
import type { CatalogObject, ObjectId, PropertyValue } from "../../model";
import { entriesOf } from "../propertyValue";

/** `critical`: privileges, or the history, differ from what was approved. `low`: nothing depends on the difference. */
export type Severity = "critical" | "high" | "medium" | "low";

/** The descriptor of one kind of object: how it is read, named, compared and repaired. */
export interface Kind {
  /** As {@link ObjectId.kind}. */
  readonly kind: string;
  readonly read: KindQuery;
  /** Further catalogs whose rows belong to objects of this kind, besides the catalog of their addresses. */
  readonly covers?: readonly string[];
  /** The severity of a missing or an unexpected object; default: high. */
  readonly severity?: Severity;
  /** The severity of an unexpected object, where it differs from `severity`. */
  readonly severityUnexpected?: Severity;
  /** The severity of a changed property; default: as in {@link severityOf}, otherwise high. */
  readonly severities?: Readonly<Record<string, Severity>>;
  /** How DROP, ALTER and COMMENT ON name the object: `TABLE "public"."t"`; absent where SQL has no such name. */
  readonly reference?: (id: ObjectId) => string;
  /** The statement that drops the object, where it is not DROP and the reference; null where there is none. */
  readonly drop?: (id: ObjectId) => string | null;
  /** Properties with which the object belongs to another one, with which it is dropped. */
  readonly ownedBy?: readonly string[];
  /** The statement that renames the object, where it is not ALTER, the reference and RENAME TO. */
  readonly rename?: (id: ObjectId, name: string) => string;
  /** What follows the privilege in GRANT and REVOKE, where it is not ON and the reference. */
  readonly grantedOn?: (id: ObjectId) => string;
  /** The name for messages, where it is not the kind, the name, and the object that it is part of. */
  readonly title?: (id: ObjectId) => string;
  /** By property, the statement that sets it back, in the order of their execution. Owner and comment have one in every kind. */
  readonly setBack?: Readonly<Record<string, SetBack>>;
  /** Set where an object holds no data: a repair may drop it and create it again. */
  readonly isDisposable?: true;
  /** The statement that creates the object from its properties, where those suffice. */
  readonly make?: (id: ObjectId, properties: Properties) => string;
  /** What a person should know before a missing object is created again. */
  readonly whenMade?: string;
}

type Properties = CatalogObject["properties"];

/** An object's expected properties, and those that were found. */
export interface ExpectedAndFound {
  readonly expected: Properties;
  readonly found: Properties;
}

/** The statement that gives a property a value without losing data; null where there is none. */
export type SetBack = (
  id: ObjectId,
  value: PropertyValue,
  properties: ExpectedAndFound,
) => string | null;

/** The part of the catalog query that reads one kind: each field is an SQL expression over `from`. */
export interface KindQuery {
  /** The catalog of the objects' addresses: `pg_class`. */
  readonly catalog: string;
  readonly from: string;
  readonly where?: string;
  readonly oid: string;
  /** Default 0. */
  readonly sub?: string;
  readonly schema?: string;
  readonly name: string;
  /** The address of the object that this one is part of. */
  readonly of?: { readonly catalog: string; readonly oid: string };
  /** The place among the parts of the same object: their order is compared, the number is not. */
  readonly place?: string;
  readonly owner?: string;
  /** The access control list, and the kind's letter for acldefault(). */
  readonly acl?: {
    readonly column: string;
    readonly letter: string;
    /** Default: the object's owner. */
    readonly owner?: string;
    /** Whether the list adds to another one: a column's to its table's, a schema's default privileges to the global ones. */
    readonly adds?: true;
  };
  /** The row whose dependencies are the functions, operators and so on that the object uses: the property `boundTo`. */
  readonly boundTo?: { readonly catalog: string; readonly oid: string };
  /** The catalog of its comments; default: pg_description. */
  readonly comments?: "pg_description" | "pg_shdescription" | "none";
  /** The condition by which only the objects in $1, a list of OIDs, and their parts are read. Absent: there are never many. */
  readonly narrow?: string;
  /**
   * The catalogs of the objects that this kind's are, or are parts of: the kind is not read where $1 has no object of these.
   * Default: it is read in any case.
   */
  readonly among?: readonly string[];
  /** Whether objects of the server and of extensions are read too; default: they are not. */
  readonly isOfOthers?: true;
  /** Each a text, a boolean or a list of texts; null, false and an empty list count as absent. */
  readonly properties: Readonly<Record<string, string>>;
}

const SEVERITIES: Readonly<Record<string, Severity>> = {
  owner: "critical",
  privileges: "critical",
  comment: "low",
};

/** The severity of a difference of a property, or of the whole object. */
export function severityOf(kind: Kind, property?: string): Severity {
  return property === undefined
    ? (kind.severity ?? "high")
    : (kind.severities?.[property] ?? SEVERITIES[property] ?? "high");
}

/** All catalogs whose rows belong to objects of the kind: every column of them is read, derived from others, or no property. */
export function coveredCatalogs({ read, covers = [] }: Kind): readonly string[] {
  return [read.catalog, ...covers];
}

/** The statement that drops an object; null where there is none. */
export function dropStatement(kind: Kind, id: ObjectId): string | null {
  if (kind.drop !== undefined) {
    return kind.drop(id);
  }
  return kind.reference === undefined ? null : `DROP ${kind.reference(id)}`;
}

/** The statement that gives a property a value without losing data; null where there is none. */
export function setBackStatement(
  kind: Kind,
  id: ObjectId,
  property: string,
  value: PropertyValue,
  properties: ExpectedAndFound = { expected: {}, found: {} },
): string | null {
  const own = ownValue(kind.setBack ?? {}, property);
  if (own !== undefined) {
    return own(id, value, properties);
  }
  if (kind.reference === undefined) {
    return null;
  }
  if (property === "comment" && kind.read.comments !== "none") {
    const text = typeof value === "string" ? escapeLiteral(value) : "NULL";
    return `COMMENT ON ${kind.reference(id)} IS ${text}`;
  }
  if (property === "owner" && kind.read.owner !== undefined && typeof value === "string") {
    return `ALTER ${kind.reference(id)} OWNER TO ${escapeIdentifier(value)}`;
  }
  return property === "privileges" ? setPrivileges(kind, id, value, properties) : null;
}

/** Revokes the entries that are too much, and grants the missing ones. */
function setPrivileges(
  kind: Kind,
  id: ObjectId,
  value: PropertyValue,
  { found }: ExpectedAndFound,
): string | null {
  const wanted = entriesOf(value);
  const there = entriesOf(found["privileges"] ?? null);
  const statements = [
    ...there.filter((one) => !wanted.includes(one)).map((one) => revokeStatement(kind, id, one)),
    ...wanted.filter((one) => !there.includes(one)).map((one) => grantStatement(kind, id, one)),
  ];
  return statements.length === 0 || statements.includes(null) ? null : statements.join(";\n");
}

/** The statement that gives an object the name of `to`; null where it has that name, or is in another schema. */
export function renameStatement(kind: Kind, id: ObjectId, to: ObjectId): string | null {
  if (id.name === to.name || id.schema !== to.schema) {
    return null;
  }
  if (kind.rename !== undefined) {
    return kind.rename(id, to.name);
  }
  return kind.reference === undefined
    ? null
    : `ALTER ${kind.reference(id)} RENAME TO ${escapeIdentifier(to.name)}`;
}

/** An entry of `privileges`, `v7_reader=SELECT`. A grant by somebody else than the owner ends in `by …` and does not match. */
const ENTRY = /^(.*)=([A-Z ]+)(\*?)$/s;

/** The statement that revokes one entry of `privileges`; null where there is none that is sure to. */
export function revokeStatement(kind: Kind, id: ObjectId, entry: string): string | null {
  const { privilege, on, grantee } = partsOf(kind, id, entry) ?? {};
  return grantee === undefined ? null : `REVOKE ${privilege} ${on} FROM ${grantee}`;
}

/** The statement that grants one entry of `privileges`; null where there is none that is sure to. */
export function grantStatement(kind: Kind, id: ObjectId, entry: string): string | null {
  const { privilege, on, grantee, option } = partsOf(kind, id, entry) ?? {};
  return grantee === undefined ? null : `GRANT ${privilege} ${on} TO ${grantee}${option}`;
}

function partsOf(kind: Kind, id: ObjectId, entry: string) {
  const on =
    kind.grantedOn?.(id) ?? (kind.reference === undefined ? undefined : `ON ${kind.reference(id)}`);
  const [, grantee = "<owner>", privilege = "", star] = ENTRY.exec(entry) ?? [];
  if (kind.read.acl === undefined || on === undefined || grantee === "<owner>") {
    return undefined;
  }
  return {
    privilege,
    on,
    grantee: grantee === "PUBLIC" ? grantee : escapeIdentifier(grantee),
    option: star === "*" ? " WITH GRANT OPTION" : "",
  };
}

/** `"public"."t"`; of an object without a schema its name alone. */
export function quoteId({ schema, name }: Pick<ObjectId, "schema" | "name">): string {
  return schema === undefined
    ? escapeIdentifier(name)
    : `${escapeIdentifier(schema)}.${escapeIdentifier(name)}`;
}

/** The name, quoted, of the object that this one is part of. */
export function quoteOf({ of }: ObjectId): string {
  return of === undefined ? "" : quoteId(of);
}
