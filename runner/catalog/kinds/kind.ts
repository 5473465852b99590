import { escapeIdentifier, escapeLiteral } from "pg";
import { ownValue } from "../../base/ownValue";
import type { CatalogObject, ObjectId, PropertyValue } from "../../model";
import { entriesOf } from "../propertyValue";

/** `critical`: who may do what, or the record of it, is no longer what was approved. `low`: nothing depends on it. */
export type Severity = "critical" | "high" | "medium" | "low";

/** One kind of object that a catalog holds: all that is known of it is said here, in SQL expressions and words. */
export interface Kind {
  /** As {@link ObjectId.kind}. */
  readonly kind: string;
  readonly read: KindQuery;
  /** Besides that of its addresses, the raw catalogs whose rows are its objects'. */
  readonly covers?: readonly string[];
  /** How serious it is that one is missing, or there unexpected; default: high. */
  readonly severity?: Severity;
  /** How serious it is that one is there unexpected, where that is another matter. */
  readonly severityUnexpected?: Severity;
  /** How serious a changed property is; what is not here and not in {@link severityOf} counts as high. */
  readonly severities?: Readonly<Record<string, Severity>>;
  /** How SQL names one after DROP, ALTER and COMMENT ON: `TABLE "public"."t"`; absent where it has no word for it. */
  readonly reference?: (id: ObjectId) => string;
  /** The statement that takes one away, where it is not DROP and the reference; null where none does. */
  readonly drop?: (id: ObjectId) => string | null;
  /** Properties that say, where they are there, that it goes with another object, and is not dropped by itself. */
  readonly goesBy?: readonly string[];
  /** The statement that gives one another name, where it is not ALTER, the reference and RENAME TO. */
  readonly rename?: (id: ObjectId, name: string) => string;
  /** What follows the privilege in GRANT and REVOKE, where it is not ON and the reference. */
  readonly grantedOn?: (id: ObjectId) => string;
  /** For a person, where it is not the kind, the name, and what it is on. */
  readonly title?: (id: ObjectId) => string;
  /** By property, in the order in which they are set back; owner and comment are everybody's. */
  readonly setBack?: Readonly<Record<string, SetBack>>;
  /** Where one holds nothing of its own: to put it right it may be dropped, and made anew by its statement. */
  readonly isDisposable?: true;
  /** The statement that makes one, where its properties say all of it. */
  readonly make?: (id: ObjectId, properties: Properties) => string;
  /** What a person should know before one is made again. */
  readonly whenMade?: string;
}

type Properties = CatalogObject["properties"];

/** All that is expected of an object, and all that was found. */
export interface ExpectedAndFound {
  readonly expected: Properties;
  readonly found: Properties;
}

/** The statement that gives one property a value, and loses nothing; null where none does. */
export type SetBack = (
  id: ObjectId,
  value: PropertyValue,
  properties: ExpectedAndFound,
) => string | null;

/** One part of the query: each field an SQL expression over `from`. */
export interface KindQuery {
  /** The catalog that its addresses are of: `pg_class`. */
  readonly catalog: string;
  readonly from: string;
  readonly where?: string;
  readonly oid: string;
  /** Default 0. */
  readonly sub?: string;
  readonly schema?: string;
  readonly name: string;
  /** The address of what it is on. */
  readonly of?: { readonly catalog: string; readonly oid: string };
  /** The place among those that are on the same: their order is compared, the number never is. */
  readonly place?: string;
  readonly owner?: string;
  /** The access control list, and the letter that acldefault() knows its kind by. */
  readonly acl?: { readonly column: string; readonly type: string; readonly owner?: string };
  /** Where its comment lies; default: pg_description. */
  readonly comments?: "pg_description" | "pg_shdescription" | "none";
  /** The condition by which only those of some relations, types and routines are read, or of what is on them: $1 has their oids. Absent: there are never many. */
  readonly narrow?: string;
  /** Whether it reads objects of the server or of an extension; default: none of them. */
  readonly isOfOthers?: true;
  /** Text, boolean or a list of text, as SQL; what is null, false or an empty list is not there. */
  readonly properties: Readonly<Record<string, string>>;
}

const SEVERITIES: Readonly<Record<string, Severity>> = {
  owner: "critical",
  privileges: "critical",
  comment: "low",
};

/** How serious a difference is: of a property, or of the whole object. */
export function severityOf(kind: Kind, property?: string): Severity {
  return property === undefined
    ? (kind.severity ?? "high")
    : (kind.severities?.[property] ?? SEVERITIES[property] ?? "high");
}

/** The raw catalogs whose rows are its objects': every column of them is read, derived from others, or no property. */
export function coveredCatalogs({ read, covers = [] }: Kind): readonly string[] {
  return [read.catalog, ...covers];
}

/** The statement that takes one away; null where there is none. */
export function dropStatement(kind: Kind, id: ObjectId): string | null {
  if (kind.drop !== undefined) {
    return kind.drop(id);
  }
  return kind.reference === undefined ? null : `DROP ${kind.reference(id)}`;
}

/** The statement that gives one property a value; null where none does that without loss. */
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

/** Entry by entry: what is too much is revoked, what is missing granted. */
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

/** The statement that gives one the name that it has as `to`; null where none does: it is moved to a schema. */
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

/** An entry of `privileges`, read: `v7_reader=SELECT`; what somebody else than the owner granted has `by`. */
const ENTRY = /^(.*)=([A-Z ]+)(\*?)$/s;

/** The statement that takes one entry of `privileges` away; null where none does that for sure. */
export function revokeStatement(kind: Kind, id: ObjectId, entry: string): string | null {
  const { privilege, on, grantee } = partsOf(kind, id, entry) ?? {};
  return grantee === undefined ? null : `REVOKE ${privilege} ${on} FROM ${grantee}`;
}

/** The statement that gives one entry of `privileges`; null where none does that for sure. */
function grantStatement(kind: Kind, id: ObjectId, entry: string): string | null {
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

/** What the object is on, quoted. */
export function quoteOf({ of }: ObjectId): string {
  return of === undefined ? "" : quoteId(of);
}
