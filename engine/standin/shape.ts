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
  /** What an absent value means. */
  readonly otherwise?: unknown;
  /** A change of it replaces the resource. */
  readonly replaces?: boolean;
}

export type Shape = Readonly<Record<string, Property>>;

/** A property whose only value is the official plugin's default: the state has it, as the official plugin writes it. */
export function only(otherwise: unknown): Property {
  const rule: InputRule = (value) =>
    value === undefined || isDeepStrictEqual(value, otherwise)
      ? undefined
      : `is not ${JSON.stringify(otherwise)}: the stand-in has no other`;
  return { rule, otherwise };
}

/** The inputs with every default that an absent property has. */
export function withDefaults(shape: Shape, inputs: Properties): Properties {
  const full: Properties = {};
  for (const [key, { otherwise }] of Object.entries(shape)) {
    const value = inputs[key] ?? otherwise;
    if (value !== undefined) {
      full[key] = value;
    }
  }
  return full;
}

/** Refuses what is missing, unknown or of another kind. Passes the inputs through as they are. */
export function checkShape(shape: Shape, inputs: Properties): CheckResult {
  const rules = Object.fromEntries(Object.entries(shape).map(([key, { rule }]) => [key, rule]));
  const unknown = Object.keys(inputs)
    // The official plugin's own bookkeeping starts so; a state that it wrote may come to the stand-in.
    .filter((key) => !(key in shape) && !key.startsWith("__"))
    .map((property) => ({ property, reason: "is a property that the stand-in does not know" }));
  return { inputs, failures: [...inputFailures(rules, inputs, true), ...unknown] };
}

/** Every property whose meaning differs. A replacement deletes first, as names cannot be there twice. */
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
 * What a read gives back: the inputs as they would have to be for what was found, and every property's value. What means
 * the same stays as the user wrote it, so that no difference is seen where there is none.
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

/** A list's order means nothing. */
function isSame(one: unknown, other: unknown): boolean {
  return Array.isArray(one) && Array.isArray(other)
    ? isDeepStrictEqual(new Set(one), new Set(other))
    : isDeepStrictEqual(one, other);
}
