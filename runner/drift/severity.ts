import { ownValue } from "../base/ownValue";
import { OWNER_LACKS } from "../catalog/access";
import { changedNames, type Difference } from "../catalog/compare";
import type { Entry } from "../catalog/entry";
import { kindOf } from "../catalog/kinds";
import { severityOf as severityOfKind, type Kind, type Severity } from "../catalog/kinds/kind";
import { rootOf } from "../catalog/kinds/objectId";
import type { Snapshot } from "../model";
import { entryOf } from "../repair/context";

export type { Severity };

export const SEVERITIES: readonly Severity[] = ["critical", "high", "medium", "low"];

/** The severity of a difference, by its kind's descriptor. Privileges beyond the matrix, and the history, are critical. */
export function severityOf(
  difference: Difference,
  { expected, live }: Readonly<Record<"expected" | "live", Snapshot>>,
): Severity {
  const { object, kind, orderOf } = difference;
  const [wanted, found] = [entryOf(expected, object), entryOf(live, object)];
  if (orderOf !== undefined) {
    return severityOfKind(kindOf(orderOf), "after");
  }
  const descriptor = descriptorOf(difference);
  if (descriptor === undefined) {
    const isMild = /^((default )?privileges|step) /.test(object) && !isMore(wanted, found);
    return isMild ? "medium" : "critical";
  }
  if (kind === "unexpected") {
    return descriptor.severityUnexpected ?? severityOfKind(descriptor);
  }
  const levels =
    kind === "missing"
      ? [severityOfKind(descriptor)]
      : changedNames(wanted, found).map((name) => severityOfKind(descriptor, name));
  return SEVERITIES.find((level) => levels.includes(level)) ?? "high";
}

/** The kind's descriptor; undefined for privileges, unfinished steps, the history, and the triggers that protect its rows. */
function descriptorOf({ object, id }: Difference): Kind | undefined {
  if (id === undefined) {
    return /^(role|login) /.test(object) ? kindOf("role") : undefined;
  }
  const { schema, name } = rootOf(id);
  const isRecord = id.kind === "trigger" && schema === "v7_control" && name === "history";
  return isRecord ? undefined : kindOf(id.kind);
}

/** Whether somebody has more privileges than the matrix grants. */
function isMore(expected: Entry, found: Entry): boolean {
  return Object.entries(found).some(
    ([grantee, words]) =>
      grantee !== OWNER_LACKS &&
      (words as readonly string[]).some(
        (word) => !((ownValue(expected, grantee) ?? []) as readonly string[]).includes(word),
      ),
  );
}
