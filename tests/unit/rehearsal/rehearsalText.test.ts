import type { Rehearsal } from "../../../runner/rehearsal/model";
import { describeRehearsal } from "../../../runner/rehearsal/rehearsalText";

const COLUMNS = ["first_column", "second_column", "third_column", "fourth_column"];

/** A rehearsal in which nothing happens but that the role's privileges change. */
function rehearsed(before: readonly string[], after: readonly string[]): Rehearsal {
  const access = (privileges: readonly string[]) =>
    privileges.length === 0 ? [] : [{ role: "v7_ci", object: "table public.t", privileges }];
  return {
    serverVersion: "17.10",
    targetVersion: "17.10",
    tables: [],
    locks: [],
    statements: [],
    transactionMs: 1,
    differences: [],
    omitted: [],
    fingerprint: "f",
    accessBefore: access(before),
    accessAfter: access(after),
  };
}

const update = (columns: readonly string[]): string => `UPDATE (${columns.join(", ")})`;

describe("who can do what, in a rehearsal's text", () => {
  it.each([
    ["gains a privilege", ["SELECT"], ["INSERT", "SELECT"], "SELECT -> INSERT, SELECT"],
    ["loses all", ["SELECT"], [], "SELECT -> nothing"],
    ["gains many columns", [], [update(COLUMNS)], "nothing -> UPDATE (4 columns)"],
    [
      "has other columns, as many as before",
      [update(COLUMNS)],
      [update([...COLUMNS.slice(1), "fifth_column"])],
      "UPDATE (first_column, second_column, third_column, fourth_column) -> UPDATE (second_column, third_column, fourth_column, fifth_column)",
    ],
  ])("names a role that %s", (_, before, after, line) => {
    expect(describeRehearsal(rehearsed(before, after))).toContain(
      `\n  v7_ci on table public.t: ${line}`,
    );
  });

  it("says that nothing changes", () => {
    expect(describeRehearsal(rehearsed([update(COLUMNS)], [update(COLUMNS)]))).toContain(
      "\n  nothing changes",
    );
  });
});
