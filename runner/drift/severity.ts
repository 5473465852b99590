import type { Difference } from "../catalog/compare";
import { changedNames, entryOf, type RepairContext } from "../repair/context";

/** `critical`: who may do what, or the record of it, is no longer what was approved. `low`: nothing depends on it. */
export type Severity = "critical" | "high" | "medium" | "low";

export const SEVERITIES: readonly Severity[] = ["critical", "high", "medium", "low"];

/** How a changed property counts; what is not here counts as high. */
const BY_PROPERTY: Readonly<Record<string, Severity>> = {
  owner: "critical",
  superuser: "critical",
  bypassRowSecurity: "critical",
  createRole: "critical",
  replication: "critical",
  login: "critical",
  memberOf: "critical",
  members: "critical",
  default: "medium",
  type: "medium",
  collation: "medium",
  createDatabase: "medium",
  inherit: "medium",
  settings: "medium",
  valid: "medium",
  comment: "low",
  statistics: "low",
  storage: "low",
  compression: "low",
  tablespace: "low",
  clustered: "low",
  connectionLimit: "low",
  validUntil: "low",
};

/** How much a difference matters. */
export function severityOf(context: RepairContext, { object, kind }: Difference): Severity {
  const [word = ""] = object.split(" ");
  if (
    word === "history" ||
    word === "directive" ||
    word === "logins" ||
    word === "owner" ||
    object.includes(" v7_control.history.history_is_")
  ) {
    return "critical";
  }
  if (word === "privileges" || word === "default") {
    const more = Object.keys(entryOf(context.live, object)).some((grantee) =>
      isMore(context, object, grantee),
    );
    return more ? "critical" : "medium";
  }
  if (object.startsWith("column order ") || word === "statistics") {
    return "low";
  }
  if (word === "index") {
    return "medium";
  }
  if (kind !== "changed") {
    return word === "column" && kind === "unexpected" ? "medium" : "high";
  }
  const changed = changedNames(entryOf(context.expected, object), entryOf(context.live, object));
  const levels = changed.map((property) => BY_PROPERTY[property] ?? "high");
  return SEVERITIES.find((level) => levels.includes(level)) ?? "high";
}

/** Whether somebody may do more than the matrix says. */
function isMore(context: RepairContext, object: string, grantee: string): boolean {
  const expected = entryOf(context.expected, object)[grantee] as readonly string[] | undefined;
  const actual = entryOf(context.live, object)[grantee] as readonly string[];
  return grantee !== "<owner> lacks" && actual.some((word) => expected?.includes(word) !== true);
}
