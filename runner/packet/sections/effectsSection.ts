import {
  code,
  facts,
  heading,
  line,
  list,
  strong,
  text,
  type Block,
  type Section,
} from "../../pages/blocks";
import { moment } from "../../pages/format";
import type { Packet } from "../model";

/** The section on what the plan does, in a few lines, and how it differs from the last signed plan. */
export function effectsSection({ effects, sinceSigned }: Packet): Section {
  return {
    id: "effects",
    title: "What it does",
    blocks: [
      list(effects.map((effect) => line`${strong(effect.label)}: ${effect.text}.`)),
      heading("Since the plan that was signed last"),
      ...sinceBlocks(sinceSigned),
    ],
  };
}

function sinceBlocks(since: Packet["sinceSigned"]): readonly Block[] {
  if (since === undefined) {
    return [
      text("No signed plan has run on this database: there is nothing to compare this one with."),
    ];
  }
  const { at, action, approvers, planDigest, differences } = since;
  return [
    text(
      line`The history records that a plan of the action ${code(action)}, signed by ${approvers.join(", ")}, ran on ${moment(at)}: ${code(planDigest.slice(0, 16))}.`,
    ),
    facts(...differences),
  ];
}
