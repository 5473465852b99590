import { spans, text, type Block, type Page, type Inline } from "../blocks";
import { inlineHtml } from "../html/blocks";
import { mermaid } from "../picture/mermaid";
import { inlineMarkdown, cellMarkdown, fenced } from "./text";

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

/** Blocks as Markdown, a blank line between two. */
function blocksMarkdown(blocks: readonly Block[]): string {
  return blocks.map(blockMarkdown).join("\n\n");
}

function blockMarkdown(block: Block): string {
  switch (block.kind) {
    case "text":
      return inlineMarkdown(block.text);
    case "heading":
      return `#### ${inlineMarkdown(block.text)}`;
    case "list":
      return block.items
        .map((item, index) => `${block.isOrdered ? `${index + 1}.` : "-"} ${inlineMarkdown(item)}`)
        .join("\n");
    case "facts":
      return table(
        ["", ""],
        block.facts.map(([name, value]) => [{ strong: name }, value]),
      );
    case "table":
      return table(
        block.columns.map(({ title }) => title),
        block.rows,
        block.columns.map(({ isNumber }) => isNumber === true),
      );
    case "code":
      return fenced(block.language, block.text);
    case "pair":
      return pairMarkdown(block);
    case "fold":
      return `<details><summary>${summary(block.summary)}</summary>\n\n${blocksMarkdown(block.blocks)}\n\n</details>`;
    case "notice":
      return quoted(
        [`**${inlineMarkdown(block.title)}**`, ...block.blocks.map(blockMarkdown)].join("\n\n"),
      );
    case "step":
      return [
        `#### ${inlineMarkdown([block.label, ": ", ...spans(block.title)])}`,
        ...block.blocks.map(blockMarkdown),
      ].join("\n\n");
    case "digest":
      return `${inlineMarkdown(block.label)}:\n\n${fenced("", block.digest)}`;
    case "bars":
      return table(
        ["", ""],
        block.bars.map(({ label, value }) => [label, value]),
      );
    case "picture":
      return fenced("mermaid", mermaid(block.picture));
  }
}

/** A fold's summary as HTML on one line: a blank line would end the HTML, and Markdown would follow. */
function summary(inline: Inline): string {
  return inlineHtml(inline)
    .text.replace(/<wbr \/>/g, "")
    .replace(/\s*\n\s*/g, " ");
}

/** The two texts one after the other, or one of them where they are equal. */
function pairMarkdown({ left, right, language }: Extract<Block, { kind: "pair" }>): string {
  return left.text === right.text
    ? fenced(language, right.text)
    : [left, right]
        .map(({ title, text }) => `${inlineMarkdown(title)}:\n\n${fenced(language, text)}`)
        .join("\n\n");
}

function table(
  titles: readonly Inline[],
  rows: readonly (readonly Inline[])[],
  isNumber: readonly boolean[] = [],
): string {
  const row = (cells: readonly Inline[]): string => `| ${cells.map(cellMarkdown).join(" | ")} |`;
  const rule = titles.map((_, index) => (isNumber[index] === true ? "--:" : "---"));
  return [row(titles), `| ${rule.join(" | ")} |`, ...rows.map(row)].join("\n");
}

function quoted(markdown: string): string {
  return markdown
    .split("\n")
    .map((one) => (one === "" ? ">" : `> ${one}`))
    .join("\n");
}
