import { isDeepStrictEqual } from "node:util";
import {
  UNKNOWN,
  type CheckFailure,
  type CheckResult,
  type DiffKind,
  type DiffResult,
  type Properties,
} from "../../runner/plugin/resourceType";
import { isSameSet } from "./privileges";

/** One property of a resource type, by the SDK's name. */
interface Property {
  readonly kind: "text" | "flag" | "number" | "set" | "list";
  readonly isRequired?: boolean;
  /** What an absent value means. Without one, absent means whatever the server has. */
  readonly otherwise?: unknown;
  /** A change of it replaces the resource. */
  readonly replaces?: boolean;
  /** Never compared: it only says what to do. */
  readonly isWriteOnly?: boolean;
}

export type Shape = Readonly<Record<string, Property>>;

/** The inputs with every default that an absent property has. */
export function withDefaults(shape: Shape, inputs: Properties): Properties {
  const full: Properties = {};
  for (const [key, property] of Object.entries(shape)) {
    const value = given(inputs[key]) ?? property.otherwise;
    if (value !== undefined) {
      full[key] = value;
    }
  }
  return full;
}

/** Refuses what is missing, unknown or of another kind. Passes the inputs through as they are. */
export function checkShape(shape: Shape, inputs: Properties): CheckResult {
  const failures: CheckFailure[] = [];
  for (const [key, property] of Object.entries(shape)) {
    const value = given(inputs[key]);
    if (value === undefined && property.isRequired === true) {
      failures.push({ property: key, reason: `found nothing, expected a value: set "${key}"` });
    } else if (value !== undefined && value !== UNKNOWN && !isOfKind(property.kind, value)) {
      failures.push({
        property: key,
        reason: `found ${typeof value}, expected a ${property.kind}`,
      });
    }
  }
  for (const key of Object.keys(inputs)) {
    // The official plugin's own bookkeeping starts so; a state that it wrote may come to the stand-in.
    if (!(key in shape) && !key.startsWith("__")) {
      failures.push({ property: key, reason: "found a property that the stand-in does not know" });
    }
  }
  return { inputs, failures };
}

/** Every property whose meaning differs. A replacement deletes first, as names cannot be there twice. */
export function diffShape(shape: Shape, oldInputs: Properties, newInputs: Properties): DiffResult {
  const olds = withDefaults(shape, oldInputs);
  const news = withDefaults(shape, newInputs);
  const changes: Record<string, DiffKind> = {};
  for (const [key, property] of Object.entries(shape)) {
    // Absent and without a default: whatever the server has is right.
    if (news[key] === undefined && property.otherwise === undefined && !wasSet(oldInputs, key)) {
      continue;
    }
    if (property.isWriteOnly !== true && !isSame(property, olds[key], news[key])) {
      const kind =
        oldInputs[key] === undefined ? "add" : newInputs[key] === undefined ? "delete" : "update";
      changes[key] = property.replaces === true ? `${kind}-replace` : kind;
    }
  }
  return { changes, deleteBeforeReplace: true };
}

/**
 * The inputs as they would have to be for what was found: what means the same stays as the user wrote it, so that no
 * difference is seen where there is none.
 */
function inputsFor(shape: Shape, inputs: Properties, found: Properties): Properties {
  const result: Properties = {};
  for (const [key, property] of Object.entries(shape)) {
    const written = given(inputs[key]);
    const value = key in found ? found[key] : written;
    const meaning = written ?? property.otherwise;
    if (meaning === undefined && written === undefined && property.isRequired !== true) {
      continue;
    }
    if (isSame(property, meaning, value)) {
      if (written !== undefined) {
        result[key] = written;
      }
    } else if (value !== undefined) {
      result[key] = value;
    }
  }
  return result;
}

/** What a read gives back: the inputs for what was found, and every property's value. */
export function readResult(
  shape: Shape,
  id: string,
  inputs: Properties,
  found: Properties,
): { id: string; inputs: Properties; outputs: Properties } {
  const live = inputsFor(shape, inputs, found);
  return { id, inputs: live, outputs: { ...found, ...withDefaults(shape, live) } };
}

function isSame(property: Property, one: unknown, other: unknown): boolean {
  if (property.kind === "set" && Array.isArray(one) && Array.isArray(other)) {
    return isSameSet(one, other);
  }
  return isDeepStrictEqual(one, other);
}

function given(value: unknown): unknown {
  return value === null ? undefined : value;
}

function wasSet(inputs: Properties, key: string): boolean {
  return given(inputs[key]) !== undefined;
}

function isOfKind(kind: Property["kind"], value: unknown): boolean {
  switch (kind) {
    case "text":
      return typeof value === "string";
    case "flag":
      return typeof value === "boolean";
    case "number":
      return typeof value === "number" && Number.isInteger(value);
    case "set":
    case "list":
      return Array.isArray(value) && value.every((one) => typeof one === "string");
  }
}
