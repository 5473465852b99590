import { fold, text, type Section } from "../../pages/blocks";
import type { Packet } from "../model";

/** The tables and their relations; left out where the plan's steps define none. */
export function pictureSections({ picture, plan }: Packet): readonly Section[] {
  return picture.tables.length === 0
    ? []
    : [
        {
          id: "tables",
          title: "The tables",
          blocks: [
            text(
              plan.action === "rollback"
                ? "What the rollback takes away."
                : "Read from the statements themselves. PK primary key, FK foreign key, UQ unique, IX indexed.",
            ),
            fold("The drawing", { kind: "picture", picture }),
          ],
        },
      ];
}
