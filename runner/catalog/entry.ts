import { objectTypeOf } from "../directive/objectType";
import type { CatalogObject, PropertyValue } from "../model";
import { KNOWN_OPTIONS, optionName } from "./known";
import { isList } from "./propertyValue";

/** An object's properties in a snapshot; equal objects have equal entries on every server. */
export type Entry = Readonly<Record<string, PropertyValue | number>>;

/** Stands for the expected owner. */
export const OWNER = "<owner>";

/**
 * An object's entry. Without privileges where access.yaml can grant on the object: the access snapshot has those.
 *
 * @param owner the expected owner; for an object of a lock the login that locked
 */
export function entryOf({ id, properties }: CatalogObject, owner: string): Entry {
  const { privileges, ...entry } = partOfEntry(properties, owner);
  return privileges === undefined || objectTypeOf(id) !== undefined
    ? entry
    : { ...entry, privileges };
}

/** The entry of some of an object's properties; without `after`, as an entry has a position instead. */
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
  // The options of relations and columns. Those of foreign objects are other properties, and are compared as they are.
  if (name === "options" && isList(value)) {
    // An option that a later server sets by itself is no difference; notCompared.ts lists it.
    return value.filter((option) => KNOWN_OPTIONS.includes(optionName(option)));
  }
  return name === "definition" && typeof value === "string" ? asWritten(value) : value;
}

/**
 * A definition in the form that the directive's statement gives it. Two texts mean the same:
 * - Restoring a dump turns ARRAY['a'::character varying, …]::text[] into an array with a cast of each element. Only this
 *   form is replaced: a cast anywhere else is another constraint.
 * - For a CASE without ELSE the server writes ELSE NULL with a type, which is that of a column of others.
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
 * A line that consists of `ELSE NULL` and a cast to one type; with an operator, a collation or a second cast after it, it does
 * not match. The type is as format_type writes it: SQL's types of several words by name, any other as one name, perhaps with
 * a schema; then its modifier and brackets.
 */
const MISSING_ELSE =
  /^([ ]*ELSE NULL)::(?:double precision|(?:character|bit) varying|interval(?: [a-z]+(?: to [a-z]+)?)?|(?:"(?:[^"\n]|"")+"|[a-z_][a-z0-9_]*)(?:\.(?:"(?:[^"\n]|"")+"|[a-z_][a-z0-9_]*))?)(?:\([0-9, -]+\))?(?: with(?:out)? time zone)?(?:\[\])*$/gm;
