import type { Section } from "../blocks";
import type { Packet } from "../model";
import { accessSection } from "./accessSection";
import { digestsSection } from "./digestsSection";
import { pictureSections } from "./pictureSection";
import { rehearsalSection } from "./rehearsalSection";
import { risksSection } from "./risksSection";
import { runSection } from "./runSection";
import { signSection } from "./signSection";

/** The packet's parts in the order in which they are read: what runs, what is odd about it, what it does, how to sign. */
export function packetSections(packet: Packet): readonly Section[] {
  return [
    runSection(packet),
    risksSection(packet),
    rehearsalSection(packet),
    accessSection(packet),
    ...pictureSections(packet),
    digestsSection(packet),
    signSection(packet),
  ];
}

/** `Apply ad_005 on prod`, for the title. */
export function packetTitle({ plan, steps }: Packet): string {
  const names = [...new Set(steps.map(({ directive }) => directive))].filter((name) =>
    /^ad_\d+$/.test(name),
  );
  const what = names.length === 0 ? "" : ` ${names.join(", ").toUpperCase()}`;
  const verb = `${plan.action.slice(0, 1).toUpperCase()}${plan.action.slice(1)}`;
  return plan.action === "rollback"
    ? `Roll back${what} on ${plan.stack}`
    : `${verb}${what} on ${plan.stack}`;
}
