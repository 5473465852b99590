import {
  code,
  count,
  fold,
  line,
  strong,
  table,
  text,
  type Block,
  type Inline,
  type Section,
} from "../blocks";
import type { AccessRow, Packet } from "../model";

/** Who can do what, before and after. */
export function accessSection({ access, rehearsal, plan }: Packet): Section {
  const changed = access.filter(({ isChanged }) => isChanged);
  const unchanged = access.filter(({ isChanged }) => !isChanged);
  return {
    id: "access",
    title: "Who can do what",
    blocks:
      rehearsal === undefined
        ? notRehearsed(access, plan.action)
        : [
            text(
              line`Effective access, by whatever way it came: grants, memberships, ownership, PUBLIC. Before as it is on the target, after as it was on the throwaway server.`,
            ),
            changed.length === 0
              ? text(line`${strong("Nobody can do more or less than before.")}`)
              : rows(changed),
            ...(unchanged.length === 0
              ? []
              : [
                  fold(line`${count(unchanged.length, "entry", "entries")} that stay as they are`, [
                    rows(unchanged),
                  ]),
                ]),
          ],
  };
}

function notRehearsed(access: readonly AccessRow[], action: string): Block[] {
  return access.length === 0
    ? [
        text(
          line`Not known: only a rehearsal says what a plan of the action ${code(action)} leaves to whom.`,
        ),
      ]
    : [
        text(
          line`What the access matrix grants once the plan has run. Who can do what today, and whether others can do more, only a rehearsal says.`,
        ),
        fold(line`${count(access.length, "entry", "entries")} of the access matrix`, [
          table(
            [{ title: "Object" }, { title: "Role" }, { title: "Granted", isLong: true }],
            access.map(({ object, role, after }) => [
              line`${code(object)}`,
              line`${code(role)}`,
              privileges(after),
            ]),
          ),
        ]),
      ];
}

function rows(access: readonly AccessRow[]): Block {
  return table(
    [
      { title: "Object" },
      { title: "Role" },
      { title: "Before", isLong: true },
      { title: "After", isLong: true },
    ],
    access.map(({ object, role, before, after }) => [
      line`${code(object)}`,
      line`${code(role)}`,
      privileges(before ?? []),
      privileges(after),
    ]),
  );
}

function privileges(list: readonly string[]): Inline {
  return [list.length === 0 ? "nothing" : list.join(", ")];
}
