import type { PlanAction } from "../../model";
import type { Section } from "../blocks";
import type { Packet } from "../model";
import { pictureSections } from "../picture/section";
import { accessSection } from "./accessSection";
import { digestsSection } from "./digestsSection";
import { rehearsalSection } from "./rehearsalSection";
import { risksSection } from "./risksSection";
import { runSection } from "./runSection";
import { signSection } from "./signSection";

/**
 * The packet's parts in the order in which they are read: what runs, what is odd about it, what it does, how to sign. A
 * change of the signers touches no table: there is nothing to rehearse.
 */
export function packetSections(packet: Packet): readonly Section[] {
  return [
    runSection(packet),
    risksSection(packet),
    ...(packet.plan.action === "trust" ? [] : [rehearsalSection(packet), accessSection(packet)]),
    ...pictureSections(packet),
    digestsSection(packet),
    signSection(packet),
  ];
}

/** What a title says of each action. */
const TITLES: Readonly<Record<PlanAction, string>> = {
  apply: "Apply",
  rollback: "Roll back",
  repair: "Repair",
  adopt: "Adopt",
  restore: "Restore the archive of",
  trust: "Change who may sign",
};

/** `Apply AD_005 on prod` */
export function packetTitle({ plan, steps }: Packet): string {
  const names = [...new Set(steps.map(({ directive }) => directive))].filter((name) =>
    /^ad_\d+$/.test(name),
  );
  const what =
    plan.action === "trust" || names.length === 0 ? [] : [names.join(", ").toUpperCase()];
  return [TITLES[plan.action], ...what, "on", plan.stack].join(" ");
}
