import type { Packet } from "../model";
import { packetSections, packetTitle } from "../sections";
import { verdictBlocks } from "../sections/verdictSection";
import { blocksMarkdown } from "./blocks";
import { inlineMarkdown } from "./text";

/** The packet as GitHub's Markdown, for a pull request: the same as the page, section for section. */
export function packetMarkdown(packet: Packet): string {
  const sections = packetSections(packet).map(
    ({ title, blocks }) => `### ${inlineMarkdown([title])}\n\n${blocksMarkdown(blocks)}`,
  );
  return `${[`## ${inlineMarkdown([packetTitle(packet)])}`, blocksMarkdown(verdictBlocks(packet)), ...sections].join("\n\n")}\n`;
}
