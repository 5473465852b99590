import { when } from "../../base/when";
import { fold, text, type Section } from "../../pages/blocks";
import type { Packet } from "../model";

/** The section with the drawing of tables and relations; none where the plan's steps define no table. */
export function pictureSections({ picture, plan }: Packet): readonly Section[] {
  return when(picture.tables.length > 0, {
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
  });
}
