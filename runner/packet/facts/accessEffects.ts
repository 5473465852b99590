import { when } from "../../base/when";
import { count } from "../../pages/blocks";
import type { AccessRow, Effect } from "../model";
import { grouped, some } from "./lists";

/** Which roles gain access, and which lose it. */
export function accessEffects(
  action: "apply" | "rollback",
  access: readonly AccessRow[],
  isRehearsed: boolean,
  revocations: readonly string[] = [],
): readonly Effect[] {
  const taken = when(revocations.length > 0, {
    label: "Taken away, as the access matrix does not have it",
    text: some(revocations, 4, "; "),
  });
  if (!isRehearsed) {
    const granted = `${byRole(access, ({ after }) => after)}; of others nothing is known`;
    return [{ label: "Access", text: action === "apply" ? granted : NOT_KNOWN }, ...taken];
  }
  return [
    {
      label: "Gain access",
      text: byRole(access, ({ before = [], after }) => without(after, before)),
    },
    {
      label: "Lose access",
      text: byRole(access, ({ before = [], after }) => without(before, after)),
    },
    ...taken,
  ];
}

const NOT_KNOWN = "not known: the plan was not rehearsed";

/** `v7_reader: SELECT on 5 objects; v7_agent: …` */
function byRole(
  access: readonly AccessRow[],
  privilegesOf: (row: AccessRow) => readonly string[],
): string {
  const rows = access.filter((row) => privilegesOf(row).length > 0);
  const lines = [...grouped(rows, ({ role }) => role)].map(([role, those]) => {
    const words = those.flatMap(privilegesOf).map((one) => one.replace(/ \(.*/, ""));
    const [{ object } = { object: "" }] = those;
    const where = those.length === 1 ? object : count(those.length, "object");
    return `${role}: ${[...new Set(words)].sort().join(", ")} on ${where}`;
  });
  return lines.length === 0 ? "nobody" : some(lines, 8, "; ");
}

/** The privileges that the others do not include; a privilege on an object includes those on its columns. */
function without(privileges: readonly string[], others: readonly string[]): readonly string[] {
  const given = new Set(others.flatMap(byColumn));
  return privileges
    .flatMap(byColumn)
    .filter((one) => !given.has(one) && !given.has(one.replace(/ \(.*/, "")));
}

/** `UPDATE (a, b)` is `UPDATE (a)` and `UPDATE (b)`. */
function byColumn(privilege: string): readonly string[] {
  const [, word = "", columns] = /^(.*?) \((.*)\)$/.exec(privilege) ?? [];
  return columns === undefined
    ? [privilege]
    : columns.split(", ").map((column) => `${word} (${column})`);
}
