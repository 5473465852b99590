import { canonicalJson } from "../base/canonicalJson";
import type { LockedStatement, Step } from "../model";

/**
 * The steps without their locks' changes of privileges on objects that one of the steps made: the access matrix decides
 * about those, and a run revokes whatever a statement granted on them. Changes of privileges on other objects stay.
 */
export function withoutOwnPrivileges(steps: readonly Step[]): readonly Step[] {
  const own = new Set(
    steps.flatMap(({ statements }) =>
      statements.flatMap(({ locked }) => locked?.added.map(({ id }) => canonicalJson(id)) ?? []),
    ),
  );
  const changed = ({ changed: lines }: LockedStatement): LockedStatement["changed"] =>
    lines.flatMap((line) => {
      const { privileges, ...others } = line.properties;
      if (privileges === undefined || !own.has(canonicalJson(line.id))) {
        return [line];
      }
      return Object.keys(others).length === 0 ? [] : [{ ...line, properties: others }];
    });
  return steps.map((step) => ({
    ...step,
    statements: step.statements.map((statement) =>
      statement.locked === undefined
        ? statement
        : {
            ...statement,
            locked: { ...statement.locked, changed: changed(statement.locked) },
          },
    ),
  }));
}
