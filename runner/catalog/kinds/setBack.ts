import { escapeIdentifier, escapeLiteral } from "pg";
import type { ObjectId, PropertyValue } from "../../model";
import { entriesOf } from "../propertyValue";
import type { SetBack } from "./kind";

// Ways to set back a property that several kinds share.

/** Sets a property by one clause of ALTER: one with its value, or the clause for an absent value. */
export function clause(
  alter: (id: ObjectId, action: string) => string,
  action: (value: string) => string,
  whenAbsent: string,
): SetBack {
  return (id, value) => alter(id, typeof value === "string" ? action(value) : whenAbsent);
}

/** Sets a property that is true or absent. */
export function toggle(
  alter: (id: ObjectId, action: string) => string,
  on: string,
  off: string,
): SetBack {
  return (id, value) => alter(id, value === true ? on : off);
}

/** Sets options, and resets those that are too much. */
export function options(
  alter: (id: ObjectId, action: string) => string,
  prefix: (id: ObjectId) => string = () => "",
): SetBack {
  return (id, value, { found }) => {
    const wanted = entriesOf(value).map(nameAndValue);
    const extra = entriesOf(found["options"] ?? null)
      .map(nameAndValue)
      .filter(([name]) => !wanted.some(([other]) => other === name));
    const actions = [
      ...(extra.length === 0 ? [] : [`RESET (${extra.map(([name]) => name).join(", ")})`]),
      ...(wanted.length === 0 ? [] : [`SET (${wanted.map((one) => one.join(" = ")).join(", ")})`]),
    ];
    return actions.length === 0
      ? null
      : alter(id, actions.map((one) => `${prefix(id)}${one}`).join(", "));
  };
}

function nameAndValue(option: string): readonly [name: string, value: string] {
  const at = option.indexOf("=");
  return [escapeIdentifier(option.slice(0, at)), escapeLiteral(option.slice(at + 1))];
}

/** Sets a list by one statement for each entry that is too much or missing. */
export function entries(
  property: string,
  remove: (id: ObjectId, entry: string) => string,
  add: (id: ObjectId, entry: string) => string,
): SetBack {
  return (id, value, properties) => {
    const wanted = entriesOf(value);
    const found = entriesOf(properties.found[property] ?? null);
    const statements = [
      ...found.filter((one) => !wanted.includes(one)).map((one) => remove(id, one)),
      ...wanted.filter((one) => !found.includes(one)).map((one) => add(id, one)),
    ];
    return statements.length === 0 ? null : statements.join(";\n");
  };
}

/** The value of a property that is a text; "" where it is absent. */
export function text(value: PropertyValue): string {
  return typeof value === "string" ? value : "";
}
