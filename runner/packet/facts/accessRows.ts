import type { AccessMatrix } from "../../model";
import type { EffectiveAccess, Rehearsal } from "../../rehearsal/model";
import type { AccessRow } from "../model";

export function rehearsedAccess({ accessBefore, accessAfter }: Rehearsal): readonly AccessRow[] {
  const before = byKey(accessBefore);
  const after = byKey(accessAfter);
  return sorted(
    [...new Map([...before, ...after])].map(([key, { object, role }]) => {
      const was = before.get(key)?.privileges ?? [];
      const is = after.get(key)?.privileges ?? [];
      return {
        object,
        role,
        before: was,
        after: is,
        isChanged: [...was].sort().join("\n") !== [...is].sort().join("\n"),
      };
    }),
  );
}

/** The access that the matrix grants, which is all that is known without a rehearsal. */
export function grantedAccess({ grants }: AccessMatrix): readonly AccessRow[] {
  const rows = new Map<string, AccessRow>();
  for (const { role, objectType, schema, object, columns, privileges } of grants) {
    const named = object === undefined ? schema : `${schema}.${object}`;
    const name = ["table", "column"].includes(objectType) ? named : `${objectType} ${named}`;
    const key = JSON.stringify([name, role]);
    const granted = privileges.map((privilege) =>
      columns === undefined ? privilege : `${privilege} (${columns.join(", ")})`,
    );
    const after = [...(rows.get(key)?.after ?? []), ...granted];
    rows.set(key, { object: name, role, after, isChanged: true });
  }
  return sorted([...rows.values()]);
}

function byKey(access: readonly EffectiveAccess[]): ReadonlyMap<string, EffectiveAccess> {
  return new Map(access.map((one) => [JSON.stringify([one.object, one.role]), one]));
}

function sorted(rows: readonly AccessRow[]): readonly AccessRow[] {
  return [...rows].sort((a, b) => compare(a.object, b.object) || compare(a.role, b.role));
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
