import { when } from "../../base/when";
import {
  code,
  count,
  fold,
  line,
  long,
  strong,
  table,
  text,
  type Block,
  type Section,
} from "../../pages/blocks";
import type { AccessRow, Packet } from "../model";

/** The section on who can do what, before and after. */
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
              "Effective access, by whatever way it came: grants, memberships, ownership, PUBLIC. Before as it is on the target, after as it was on the throwaway server.",
            ),
            changed.length === 0
              ? text(strong("Nobody can do more or less than before."))
              : fold(`${count(changed.length, "entry", "entries")} that change`, rows(changed)),
            ...when(
              unchanged.length > 0,
              fold(
                `${count(unchanged.length, "entry", "entries")} that stay as they are`,
                rows(unchanged),
              ),
            ),
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
          "What the access matrix grants once the plan has run. Who can do what today, and whether others can do more, only a rehearsal says.",
        ),
        fold(
          `${count(access.length, "entry", "entries")} of the access matrix`,
          table(
            ["Object", "Role", long("Granted")],
            access.map(({ object, role, after }) => [code(object), code(role), privileges(after)]),
          ),
        ),
      ];
}

function rows(access: readonly AccessRow[]): Block {
  return table(
    ["Object", "Role", long("Before"), long("After")],
    access.map(({ object, role, before, after }) => [
      code(object),
      code(role),
      privileges(before ?? []),
      privileges(after),
    ]),
  );
}

function privileges(list: readonly string[]): string {
  return list.length === 0 ? "nothing" : list.join(", ");
}
