import { canonicalJson } from "../../base/canonicalJson";
import { Fault } from "../../base/fault";
import type { Context, DiffKind, Properties } from "../resourceType";

/** Every input that differs, as an update in place: nothing of ours is ever replaced. */
export function changedInputs(
  oldInputs: Properties,
  newInputs: Properties,
): Record<string, DiffKind> {
  const names = [...new Set([...Object.keys(oldInputs), ...Object.keys(newInputs)])];
  return Object.fromEntries(
    names
      .filter(
        (name) => canonicalJson(oldInputs[name] ?? null) !== canonicalJson(newInputs[name] ?? null),
      )
      .map((name): [string, DiffKind] => [
        name,
        !(name in oldInputs) ? "add" : name in newInputs ? "update" : "delete",
      ]),
  );
}

/**
 * What `look` finds on the server; undefined, with a warning, where the server cannot be reached: a diff or a refresh
 * then says so instead of failing.
 */
export async function unlessUnreachable<T>(
  look: () => Promise<T>,
  context: Context,
): Promise<T | undefined> {
  try {
    return await look();
  } catch (error) {
    if (error instanceof Fault && error.code === "SERVER_UNREACHABLE") {
      context.warn(error.message);
      return undefined;
    }
    throw error;
  }
}
