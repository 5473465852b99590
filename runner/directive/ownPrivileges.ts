import { canonicalJson } from "../base/canonicalJson";
import type { LockedStatement, Step } from "../model";

/**
 * The steps without their locks' changes of privileges on objects that one of the steps made: the access matrix decides
 * about those, and a run puts right what a statement granted or revoked on them. Changes of privileges on other objects stay.
 */
export function withoutOwnPrivileges(steps: readonly Step[]): readonly Step[] {
  const lines = (step: Step): LockedStatement[] =>
    step.statements.flatMap(({ locked }) => locked ?? []);
  const own = new Set(
    steps.flatMap(lines).flatMap(({ added }) => added.map(({ id }) => canonicalJson(id))),
  );
  const isOwnGrant = ({ id, properties }: LockedStatement["changed"][number]): boolean =>
    properties["privileges"] !== undefined && own.has(canonicalJson(id));
  const withoutGrants = ({ changed, ...locked }: LockedStatement): LockedStatement => ({
    ...locked,
    changed: changed.flatMap((line) => {
      const { privileges, ...others } = line.properties;
      if (privileges === undefined || !isOwnGrant(line)) {
        return [line];
      }
      return Object.keys(others).length === 0 ? [] : [{ ...line, properties: others }];
    }),
  });
  return steps.map((step) => {
    const grantsOn = lines(step).flatMap(({ changed }) => changed.filter(isOwnGrant));
    return {
      ...step,
      ...(grantsOn.length === 0 ? {} : { grantsOn: grantsOn.map(({ id }) => id) }),
      statements: step.statements.map(({ locked, ...statement }) =>
        locked === undefined ? statement : { ...statement, locked: withoutGrants(locked) },
      ),
    };
  });
}
