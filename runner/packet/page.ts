import { when } from "../base/when";
import type { PlanAction } from "../model";
import type { Page, Section } from "../pages/blocks";
import { hasFoot } from "../pages/html/page";
import type { Packet } from "./model";
import { accessSection } from "./sections/accessSection";
import { digestsSection } from "./sections/digestsSection";
import { effectsSection } from "./sections/effectsSection";
import { pictureSections } from "./sections/pictureSection";
import { rehearsalSection } from "./sections/rehearsalSection";
import { risksSection } from "./sections/risksSection";
import { runSection } from "./sections/runSection";
import { signSection } from "./sections/signSection";
import { verdictBlocks } from "./sections/verdictSection";

/** The packet as a page, which is rendered as HTML or Markdown. */
export function packetPage(packet: Packet): Page {
  const title = titleOf(packet);
  const { verdict, digest } = packet;
  return {
    overline: "For The Architect",
    title,
    name: `${title}: ${digest.slice(0, 16)}`,
    summary: `${verdict.headline}. ${verdict.sentence}`,
    head: verdictBlocks(packet),
    sections: sectionsOf(packet),
    foot: footOf(digest),
  };
}

/** Whether an HTML page is the packet of the plan with this digest, by its footer. */
export function isPacketOf(page: string, digest: string): boolean {
  return hasFoot(page, footOf(digest));
}

function footOf(digest: string): string {
  return `Plan ${digest}`;
}

/**
 * The packet's sections in reading order: effects, risks, how to sign; then the details, mostly folded. A plan that changes
 * the signers touches no table, so it has no rehearsal and no access section.
 */
function sectionsOf(packet: Packet): readonly Section[] {
  return [
    effectsSection(packet),
    risksSection(packet),
    signSection(packet),
    runSection(packet),
    ...when(packet.plan.action !== "trust", rehearsalSection(packet), accessSection(packet)),
    ...pictureSections(packet),
    digestsSection(packet),
  ];
}

/** The beginning of the title, by action. */
const TITLES: Readonly<Record<PlanAction, string>> = {
  apply: "Apply",
  rollback: "Roll back",
  repair: "Repair",
  adopt: "Adopt",
  restore: "Restore the archive of",
  trust: "Change who may sign",
};

/** `Apply AD_005 on prod` */
function titleOf({ plan, steps }: Packet): string {
  const names = [...new Set(steps.map(({ directive }) => directive))].filter((name) =>
    /^ad_\d+$/.test(name),
  );
  const what =
    plan.action === "trust" || names.length === 0 ? [] : [names.join(", ").toUpperCase()];
  return [TITLES[plan.action], ...what, "on", plan.stack].join(" ");
}
