import { visible } from "../../base/visible";
import { spans, type Inline } from "../blocks";

/** A line of text as Markdown, escaped so that none of it becomes markup, a list or a heading. */
export function inlineMarkdown(inline: Inline): string {
  return spans(inline)
    .map((span) => {
      if (typeof span === "string") {
        return plain(span);
      }
      return "code" in span ? codeSpan(span.code) : `**${plain(span.strong)}**`;
    })
    .join("")
    .replace(/^(\s*\d+)([.)])/, "$1\\$2")
    .replace(/^(\s*)([-+=])/, "$1\\$2");
}

/** The same for a table's cell, in which bars are escaped, too. */
export function cellMarkdown(inline: Inline): string {
  return inlineMarkdown(inline).replace(/(?<!\\)\|/g, "\\|");
}

/** A block of code whose fence is longer than any run of backticks in it. */
export function fenced(language: string, text: string): string {
  const shown = visible(text).replace(/\n+$/, "");
  const fence = "`".repeat(Math.max(3, longestRun(shown) + 1));
  return `${fence}${language}\n${shown}\n${fence}`;
}

function plain(text: string): string {
  return oneLine(text)
    .replace(/[\\`*{}[\]<>#|~&$!]/g, "\\$&")
    .replace(/(?<![a-z0-9])_|_(?![a-z0-9])/gi, "\\_");
}

function codeSpan(text: string): string {
  const shown = oneLine(text);
  if (shown === "") {
    return "";
  }
  const ticks = "`".repeat(longestRun(shown) + 1);
  const space = /^`|`$|^ .* $/.test(shown) ? " " : "";
  return `${ticks}${space}${shown}${space}${ticks}`;
}

function oneLine(text: string): string {
  return visible(text).replace(/\s*\n\s*/g, " ");
}

function longestRun(text: string): number {
  return Math.max(0, ...(text.match(/`+/g) ?? []).map(({ length }) => length));
}
