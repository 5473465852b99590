import { line, text, type Block } from "../blocks";
import type { Packet } from "../model";
import { packetSections, packetTitle } from "../sections";
import { verdictBlocks } from "../sections/verdictSection";
import { blocksMarkdown } from "./blocks";
import { inlineMarkdown } from "./text";

/** GitHub takes 65,536 characters in a comment; some are left for whoever posts it. */
const LONGEST_COMMENT = 65_000;

/**
 * The packet as GitHub's Markdown, for a pull request: the same as the page, section for section. Where that is more
 * than a comment takes, the folded parts are left to the page, and it says so.
 */
export function packetMarkdown(packet: Packet): string {
  const whole = render(packet, (blocks) => blocks);
  if (whole.length <= LONGEST_COMMENT) {
    return whole;
  }
  return render(packet, withoutFolded, [
    text(
      line`The page beside this file has the folded parts too: here they are too long for a comment.`,
    ),
  ]);
}

function render(
  packet: Packet,
  choose: (blocks: readonly Block[]) => readonly Block[],
  before: readonly Block[] = [],
): string {
  const sections = packetSections(packet).map(
    ({ title, blocks }) => `### ${inlineMarkdown([title])}\n\n${blocksMarkdown(choose(blocks))}`,
  );
  const head = blocksMarkdown([...before, ...verdictBlocks(packet)]);
  return `${[`## ${inlineMarkdown([packetTitle(packet)])}`, head, ...sections].join("\n\n")}\n`;
}

function withoutFolded(blocks: readonly Block[]): readonly Block[] {
  return blocks.map((block) => {
    if (block.kind === "fold") {
      return text([...block.summary, " (in the page)"]);
    }
    return "blocks" in block ? { ...block, blocks: withoutFolded(block.blocks) } : block;
  });
}
