import { canonicalJson } from "../base/canonicalJson";
import type { ReportedFinding } from "./report";

/** One property of an object, or one role's privileges on it: expected and found, in words. */
export interface Compared {
  readonly name: string;
  readonly expected: string;
  readonly found: string;
}

const NOTHING = "nothing";

/** The properties in which a finding differs; of a missing or unexpected object all of its properties. */
export function comparisonOf(
  finding: Pick<ReportedFinding, "object" | "details" | "expected" | "actual">,
): readonly Compared[] {
  const { object, details } = finding;
  const order = /^(\w+) order /.exec(object)?.[1];
  if (order !== undefined) {
    const [expected = "", found = ""] = (details[0] ?? "").split(" -> ");
    return [{ name: `${order}s`, expected, found }];
  }
  const expected = propertiesOf(finding.expected);
  const found = propertiesOf(finding.actual);
  return [...new Set([...expected.keys(), ...found.keys()])]
    .sort()
    .map((name) => {
      const words = (of: ReadonlyMap<string, unknown>): string =>
        inWords(of.get(name), grantedOn(object, name));
      return { name, expected: words(expected), found: words(found) };
    })
    .filter(
      ({ name, ...one }) => name !== "position" && one.expected !== one.found && !isAbsent(one),
    );
}

export function isOfPrivileges({ object }: Pick<ReportedFinding, "object">): boolean {
  return /^(default )?privileges /.test(object);
}

/** Whether a property is absent on both sides. */
function isAbsent({ expected, found }: Omit<Compared, "name">): boolean {
  return [expected, found].every((words) => words === NOTHING || words === "no");
}

/** A map, because a role may be called `constructor`. */
function propertiesOf(entry: unknown): ReadonlyMap<string, unknown> {
  return new Map(typeof entry === "object" && entry !== null ? Object.entries(entry) : []);
}

/** The words for a `*` after an item. */
function grantedOn(object: string, name: string): string | undefined {
  if (isOfPrivileges({ object })) {
    return " with grant option";
  }
  return name === "members" || name === "memberOf" ? " with admin option" : undefined;
}

function inWords(value: unknown, onward: string | undefined): string {
  if (Array.isArray(value) && value.length > 0) {
    return value
      .map((item) => inWords(item, undefined))
      .map((item) => (onward === undefined ? item : item.replace(/\*(?=$| without )/, onward)))
      .join(", ");
  }
  if (typeof value === "string" && value !== "") {
    return value;
  }
  if (typeof value === "boolean") {
    return value ? "yes" : "no";
  }
  const json = canonicalJson(value ?? null);
  return ["null", '""', "[]", "{}"].includes(json) ? NOTHING : json;
}
