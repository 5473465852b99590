import { isDeepStrictEqual } from "node:util";
import {
  CheckFailure,
  CheckResponse,
  DiffResponse,
  PropertyDiff,
} from "@pulumi/pulumi/proto/provider_pb";
import { Fault } from "../../base/fault";
import type { CheckResult, Context, DiffKind, DiffResult, Properties } from "../resourceType";
import type { Call } from "./call";
import { send, type Received } from "./wire";

const KINDS: Readonly<Record<DiffKind, PropertyDiff.Kind>> = {
  add: PropertyDiff.Kind.ADD,
  "add-replace": PropertyDiff.Kind.ADD_REPLACE,
  delete: PropertyDiff.Kind.DELETE,
  "delete-replace": PropertyDiff.Kind.DELETE_REPLACE,
  update: PropertyDiff.Kind.UPDATE,
  "update-replace": PropertyDiff.Kind.UPDATE_REPLACE,
};

/** Every top-level property that differs, as an update in place. */
export function changesBetween(olds: Properties, news: Properties): Record<string, DiffKind> {
  const changes: Record<string, DiffKind> = {};
  for (const name of new Set([...Object.keys(olds), ...Object.keys(news)])) {
    if (!isDeepStrictEqual(olds[name], news[name])) {
      changes[name] =
        olds[name] === undefined ? "add" : news[name] === undefined ? "delete" : "update";
    }
  }
  return changes;
}

/**
 * The result of `look`; undefined, with a warning, where the server cannot be reached, so that a diff or a refresh does not
 * fail.
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

/** A check's result for the engine: secret inputs stay secret, reasons are redacted. */
export function checkResponse(result: CheckResult, news: Received, call: Call): CheckResponse {
  const response = new CheckResponse();
  response.setInputs(send(result.inputs, [news]));
  for (const { property, reason } of result.failures) {
    const failure = new CheckFailure();
    failure.setProperty(property);
    failure.setReason(call.redaction.redact(reason));
    response.addFailures(failure);
  }
  return response;
}

/** A diff's result for the engine: the kind of each path, and the top-level properties that replace the resource. */
export function diffResponse(
  diff: DiffResult,
  oldInputs: Properties,
  newInputs: Properties,
): DiffResponse {
  const response = new DiffResponse();
  const paths = Object.entries(diff.changes);
  const { DIFF_NONE, DIFF_SOME } = DiffResponse.DiffChanges;
  response.setChanges(paths.length === 0 ? DIFF_NONE : DIFF_SOME);
  response.setHasdetaileddiff(true);
  response.setDeletebeforereplace(diff.deleteBeforeReplace ?? false);
  response.setDiffsList(unique(paths.map(([path]) => topLevel(path))));
  response.setReplacesList(
    unique(paths.filter(([, kind]) => kind.endsWith("-replace")).map(([path]) => topLevel(path))),
  );
  for (const [path, kind] of paths) {
    const name = topLevel(path);
    const property = new PropertyDiff();
    property.setKind(KINDS[kind]);
    // For inputs that differ the engine shows both; otherwise it compares the state with the input.
    property.setInputdiff(!isDeepStrictEqual(oldInputs[name], newInputs[name]));
    response.getDetaileddiffMap().set(path, property);
  }
  return response;
}

/** `roles` of `roles[0].name`. */
function topLevel(path: string): string {
  return /^[^.[]+/.exec(path)?.[0] ?? path;
}

function unique(names: readonly string[]): string[] {
  return [...new Set(names)];
}
