import { escapeIdentifier, escapeLiteral } from "pg";
import type { ObjectId, PropertyValue } from "../../model";
import { entriesOf } from "../propertyValue";
import type { SetBack } from "./kind";

// What several kinds are set back by.

/** A property that one clause of ALTER says: its value, or what stands for the usual one, which is not said. */
export function clause(
  alter: (id: ObjectId, action: string) => string,
  action: (value: string) => string,
  usual: string,
): SetBack {
  return (id, value) => alter(id, typeof value === "string" ? action(value) : usual);
}

/** A property that is there or not. */
export function toggle(
  alter: (id: ObjectId, action: string) => string,
  on: string,
  off: string,
): SetBack {
  return (id, value) => alter(id, value === true ? on : off);
}

/** Options: what is too much is reset. */
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

/** A list that is changed entry by entry: a statement for each that is too much, and for each that is missing. */
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

/** The value of a property that is a text; of one that is not there "". */
export function text(value: PropertyValue): string {
  return typeof value === "string" ? value : "";
}
