import { spans, text, type Block, type Page } from "../blocks";
import { blockMarkdown } from "./blocks";
import { inlineMarkdown } from "./text";

/** GitHub allows 65,536 characters in a comment or an issue; the rest is for text that whoever posts it adds. */
const LONGEST_COMMENT = 65_000;

/**
 * A page as GitHub's Markdown, for a pull request, an issue or a file, with the same sections as the HTML page. Where that
 * is too long for a comment, folded parts are left out, then the end, with a sentence that says so; the page's last line is
 * always kept.
 *
 * @param depth of the title's heading
 */
export function pageMarkdown(page: Page, depth = 2): string {
  const whole = parts(page, depth, page.head, (block) => block).join("\n\n");
  if (whole.length <= LONGEST_COMMENT) {
    return `${whole}\n`;
  }
  const [foot = "", ...rest] = parts(page, depth, [SHORTENED, ...page.head], unfolded).reverse();
  const chosen: string[] = [];
  let room = LONGEST_COMMENT - foot.length;
  for (const part of rest.reverse()) {
    room -= part.length + 2;
    if (room < 0) {
      break;
    }
    chosen.push(part);
  }
  return `${[...chosen, foot].join("\n\n")}\n`;
}

const SHORTENED = text("The page has more than this: the whole is too long for a comment.");

function parts(
  { title, sections, foot }: Page,
  depth: number,
  head: readonly Block[],
  choose: (block: Block) => Block,
): string[] {
  const heading = (deeper: number, words: string): string =>
    `${"#".repeat(depth + deeper)} ${inlineMarkdown([words])}`;
  const shown = (blocks: readonly Block[]): string[] =>
    blocks.map((block) => blockMarkdown(choose(block)));
  return [
    heading(0, title),
    ...shown(head),
    ...sections.flatMap((one) => [heading(1, one.title), ...shown(one.blocks)]),
    inlineMarkdown([foot]),
  ];
}

/** The block with its innermost folds reduced to their summaries; other content of outer folds stays. */
function unfolded(block: Block): Block {
  if (block.kind === "fold" && !hasFold(block.blocks)) {
    return text([...spans(block.summary), " (in the page)"]);
  }
  return "blocks" in block ? { ...block, blocks: block.blocks.map(unfolded) } : block;
}

function hasFold(blocks: readonly Block[]): boolean {
  return blocks.some((one) => one.kind === "fold" || ("blocks" in one && hasFold(one.blocks)));
}
