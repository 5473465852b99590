import { objectTypeOf } from "../directive/objectType";
import type { CatalogObject, PropertyValue } from "../model";
import { KNOWN_OPTIONS, optionName } from "./known";
import { isList } from "./propertyValue";

/** An object's properties in a snapshot, in the form in which equal objects are equal whatever server they are on. */
export type Entry = Readonly<Record<string, PropertyValue | number>>;

/** The owner who is expected to own everything. */
const OWNER = "<owner>";

/**
 * What is told of an object. Where access.yaml can grant on it, the access snapshot tells who may do what.
 *
 * @param owner who is expected to own everything: of what a lock says, the login that locked
 */
export function entryOf({ id, properties }: CatalogObject, owner: string): Entry {
  const { privileges, ...entry } = partOfEntry(properties, owner);
  return privileges === undefined || objectTypeOf(id) !== undefined
    ? entry
    : { ...entry, privileges };
}

/** What is told of some of an object's properties; which sibling it comes after, its position says. */
export function partOfEntry(properties: CatalogObject["properties"], owner: string): Entry {
  return Object.fromEntries(
    Object.entries(properties).flatMap(([name, value]): [string, PropertyValue][] => {
      if (name === "after") {
        return [];
      }
      const read = readProperty(name, value, owner);
      return read === null || (isList(read) && read.length === 0) ? [] : [[name, read]];
    }),
  );
}

function readProperty(name: string, value: PropertyValue, owner: string): PropertyValue {
  if (name === "owner") {
    return value === owner ? OWNER : value;
  }
  // Of relations and columns. What a wrapper, a server or a role is told has other names, and is compared whole.
  if (name === "options" && isList(value)) {
    // What a later server writes by itself is no difference: notCompared.ts names it.
    return value.filter((option) => KNOWN_OPTIONS.includes(optionName(option)));
  }
  return name === "definition" && typeof value === "string" ? asWritten(value) : value;
}

/**
 * A definition as the directive's own text comes out. A dump writes ARRAY['a'::character varying, …]::text[] so that
 * reading it back gives each element the cast instead; a cast anywhere else is another constraint. And the type that the
 * server gives to a CASE's missing ELSE is that of a column of others, which is its table's own affair.
 */
function asWritten(definition: string): string {
  return definition
    .replace(/ARRAY\[('(?:[^']|'')*'::character varying::text(?:, (?='))?)+\]\)/g, (array) =>
      array
        .replace(/('(?:[^']|'')*'::character varying)::text/g, "$1")
        .replace(/\]\)$/, "]::text[])"),
    )
    .replace(MISSING_ELSE, "$1");
}

/**
 * A line that is `ELSE NULL` cast to one type, and nothing else: an operator, a collation or a second cast behind it would
 * be swallowed. The type as format_type writes it: SQL's own of several words by name, any other as one name, perhaps
 * with a schema; then its modifier and brackets.
 */
const MISSING_ELSE =
  /^([ ]*ELSE NULL)::(?:double precision|(?:character|bit) varying|interval(?: [a-z]+(?: to [a-z]+)?)?|(?:"(?:[^"\n]|"")+"|[a-z_][a-z0-9_]*)(?:\.(?:"(?:[^"\n]|"")+"|[a-z_][a-z0-9_]*))?)(?:\([0-9, -]+\))?(?: with(?:out)? time zone)?(?:\[\])*$/gm;
