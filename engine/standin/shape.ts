import { isDeepStrictEqual } from "node:util";
import type {
  CheckResult,
  DiffKind,
  DiffResult,
  Properties,
} from "../../runner/plugin/resourceType";
import { inputFailures, type InputRule } from "../../runner/requests/inputShape";

/** One property of a resource type, by the SDK's name. */
interface Property {
  readonly rule: InputRule;
  /** The default. */
  readonly otherwise?: unknown;
  /** A change of it replaces the resource. */
  readonly replaces?: boolean;
}

export type Shape = Readonly<Record<string, Property>>;

/** The properties of a shape, with every default filled in. */
export type PropertiesOf<S extends Shape> = {
  readonly [K in keyof S]: S[K]["rule"] extends InputRule<infer T>
    ? S[K] extends { readonly otherwise: unknown }
      ? NonNullable<T>
      : T
    : never;
};

/** A property that allows only the official plugin's default, which the state contains as the official plugin writes it. */
export function only(otherwise: unknown): Property {
  const rule: InputRule = (value) =>
    value === undefined || isDeepStrictEqual(value, otherwise)
      ? undefined
      : `is not ${JSON.stringify(otherwise)}: the stand-in has no other`;
  return { rule, otherwise };
}

/** The inputs with every default that an absent property has. */
export function withDefaults<S extends Shape>(shape: S, inputs: Properties): PropertiesOf<S> {
  const full: Properties = {};
  for (const [key, { otherwise }] of Object.entries(shape)) {
    const value = inputs[key] ?? otherwise;
    if (value !== undefined) {
      full[key] = value;
    }
  }
  return full as PropertiesOf<S>;
}

/** Refuses properties that are missing, unknown or of a wrong type. Returns the inputs unchanged. */
export function checkShape(shape: Shape, inputs: Properties): CheckResult {
  const rules = Object.fromEntries(Object.entries(shape).map(([key, { rule }]) => [key, rule]));
  const unknown = Object.keys(inputs)
    // Internal properties of the official plugin, in a state that it wrote.
    .filter((key) => !(key in shape) && !key.startsWith("__"))
    .map((property) => ({ property, reason: "is a property that the stand-in does not know" }));
  return { inputs, failures: [...inputFailures(rules, inputs, true), ...unknown] };
}

/** The properties whose values differ. A replacement deletes first, because names are unique. */
export function diffShape(shape: Shape, oldInputs: Properties, newInputs: Properties): DiffResult {
  const olds = withDefaults(shape, oldInputs);
  const news = withDefaults(shape, newInputs);
  const changes: Record<string, DiffKind> = {};
  for (const [key, { replaces }] of Object.entries(shape)) {
    if (!isSame(olds[key], news[key])) {
      const kind =
        oldInputs[key] === undefined ? "add" : newInputs[key] === undefined ? "delete" : "update";
      changes[key] = replaces === true ? `${kind}-replace` : kind;
    }
  }
  return { changes, deleteBeforeReplace: true };
}

/**
 * A read's result: the inputs that would produce what was found, and every property's value. Where the user's input already
 * means what was found, it stays as written, so that no difference is reported.
 */
export function readResult(
  shape: Shape,
  id: string,
  inputs: Properties,
  found: Properties,
): { id: string; inputs: Properties; outputs: Properties } {
  const live: Properties = {};
  for (const [key, { otherwise }] of Object.entries(shape)) {
    const written = inputs[key];
    const value = key in found ? found[key] : written;
    const means = isSame(written ?? otherwise, value) ? written : value;
    if (means !== undefined) {
      live[key] = means;
    }
  }
  return { id, inputs: live, outputs: { ...found, ...withDefaults(shape, live) } };
}

/** Whether two values are equal; a list's order does not count. */
function isSame(one: unknown, other: unknown): boolean {
  return Array.isArray(one) && Array.isArray(other)
    ? isDeepStrictEqual(new Set(one), new Set(other))
    : isDeepStrictEqual(one, other);
}
