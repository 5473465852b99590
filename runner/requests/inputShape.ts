import { fault } from "../base/fault";
import { isMapping } from "../base/yamlText";

/** Stands for an unknown value in a preview: `unknownValue` of @pulumi/pulumi/runtime/rpc. */
export const UNKNOWN = "04da6b54-80e4-46f7-96ec-b56ff0331ba9";

/** Says what is wrong with a value, in words that follow the property's name; undefined where the value is a T. */
export interface InputRule<T = unknown> {
  (value: unknown): string | undefined;
  readonly of?: T;
}

/** A resource's inputs: by name, the rule of each. */
export type InputShape = Readonly<Record<string, InputRule>>;

/** The type of inputs that follow these rules. */
export type InputsOf<S extends InputShape> = {
  readonly [K in keyof S]: S[K] extends InputRule<infer T> ? T : never;
};

/** A refused input, and why it is refused. */
export interface InputFailure {
  readonly property: string;
  readonly reason: string;
}

/** A text without zero bytes: in PostgreSQL's protocol a zero byte would end it early, and begin another field. */
export const text: InputRule<string> = (value) => {
  if (value === undefined || value === "") {
    return "is missing";
  }
  if (typeof value !== "string") {
    return "is not a text";
  }
  return value.includes("\0") ? "has a zero byte in it" : undefined;
};

export const port = wholeNumber(1, 65_535, "is not a port number from 1 to 65535");
export const seconds = wholeNumber(1, 86_400, "is not a whole number of seconds from 1 to 86400");
export const count = wholeNumber(0, 1_000, "is not a whole number from 0 to 1000");

export const flag: InputRule<boolean> = (value) =>
  value === true || value === false ? undefined : missingOr(value, "is not true or false");

/** A list of texts. */
export const texts: InputRule<readonly string[]> = (value) =>
  isListOf(value, (one) => text(one) === undefined)
    ? undefined
    : missingOr(value, "is not a list of texts without a zero byte");

/** A list of mappings, each with texts under these names. */
export function mappings<N extends string>(
  ...names: readonly N[]
): InputRule<readonly Readonly<Record<N, string>>[]> {
  return (value) =>
    isListOf(value, (one) => isMapping(one) && names.every((name) => text(one[name]) === undefined))
      ? undefined
      : missingOr(value, `is not a list of mappings with ${names.join(", ")}`);
}

/** A mapping of names to lists of texts. */
export const textsByName: InputRule<Readonly<Record<string, readonly string[]>>> = (value) =>
  isMapping(value) && Object.values(value).every((one) => texts(one) === undefined)
    ? undefined
    : missingOr(value, "is not a mapping of lists of texts");

export function oneOf<T extends string>(...choices: readonly T[]): InputRule<T> {
  return (value) =>
    choices.some((choice) => choice === value)
      ? undefined
      : missingOr(value, `is not one of ${choices.join(", ")}`);
}

export function optional<T>(rule: InputRule<T>): InputRule<T | undefined> {
  return (value) => (value === undefined ? undefined : rule(value));
}

/**
 * Every input that is missing or breaks its rule.
 *
 * @param mayBeUnknown whether values that are not known yet pass, as in a preview
 */
export function inputFailures(
  shape: InputShape,
  inputs: Readonly<Record<string, unknown>>,
  mayBeUnknown: boolean,
): InputFailure[] {
  return Object.entries(shape).flatMap(([property, rule]) => {
    const value = Object.hasOwn(inputs, property) ? inputs[property] : undefined;
    if (value === UNKNOWN) {
      return mayBeUnknown ? [] : [{ property, reason: "is not known" }];
    }
    const reason = rule(value);
    return reason === undefined ? [] : [{ property, reason }];
  });
}

/**
 * Refuses inputs that break their rules, since other programs than Pulumi may call the plugin.
 *
 * @throws SETTING_INVALID
 */
export function refuseInputs(
  type: string,
  shape: InputShape,
  inputs: Readonly<Record<string, unknown>>,
  mayBeUnknown = false,
): void {
  const failures = inputFailures(shape, inputs, mayBeUnknown);
  if (failures.length > 0) {
    throw fault("SETTING_INVALID", {
      what: `reading the inputs of ${type}`,
      found: failures.map(({ property, reason }) => `"${property}", which ${reason}`).join("; "),
      expected: "the inputs that the program gives it",
      remedy: "Run pulumi up with this repository's program; nothing was done",
    });
  }
}

function wholeNumber(least: number, most: number, reason: string): InputRule<number> {
  return (value) =>
    Number.isInteger(value) && Number(value) >= least && Number(value) <= most
      ? undefined
      : missingOr(value, reason);
}

function missingOr(value: unknown, reason: string): string {
  return value === undefined ? "is missing" : reason;
}

function isListOf(value: unknown, isItem: (one: unknown) => boolean): boolean {
  return Array.isArray(value) && value.every(isItem);
}
