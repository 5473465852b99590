import { spans, type Block, type Inline } from "../blocks";
import { inlineHtml } from "../html/blocks";
import { mermaid } from "../picture/mermaid";
import { cellMarkdown, fenced, inlineMarkdown } from "./text";

/** Blocks as Markdown, a blank line between two. */
function blocksMarkdown(blocks: readonly Block[]): string {
  return blocks.map(blockMarkdown).join("\n\n");
}

export function blockMarkdown(block: Block): string {
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
