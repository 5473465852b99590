/** A fenced block: its language, its text without the fences, and the last `#` heading above it. */
export interface Block {
  readonly language: string;
  readonly text: string;
  readonly heading: string;
}

/** Every fenced block of a Markdown text, in order. Blocks in a list are recognized by their fence, at any indent. */
export function fencedBlocks(markdown: string): readonly Block[] {
  const blocks: Block[] = [];
  let heading = "";
  let open: { language: string; lines: string[] } | undefined;
  for (const line of markdown.split("\n")) {
    const fence = /^\s*```(\w*)\s*$/.exec(line);
    if (open !== undefined) {
      if (fence === null) {
        open.lines.push(line);
      } else {
        blocks.push({ language: open.language, text: open.lines.join("\n"), heading });
        open = undefined;
      }
    } else if (fence !== null) {
      open = { language: fence[1] ?? "", lines: [] };
    } else {
      heading = /^#+ (.*)$/.exec(line)?.[1] ?? heading;
    }
  }
  return blocks;
}

/** The text below a heading of the second level that begins with that, up to the next one of that level. */
export function sectionOf(markdown: string, beginning: string): string {
  return (
    markdown
      .split(/^(?=## )/m)
      .find((part) => part.startsWith(`## ${beginning}`))
      ?.replace(/^.*\n/, "") ?? ""
  );
}

/** The rows of the tables in a Markdown text, heads and rules left out, cell by cell. */
export function tableRows(markdown: string): readonly (readonly string[])[] {
  const lines = markdown.split("\n");
  return lines
    .filter(
      (line, index) =>
        line.startsWith("|") &&
        !/^[|\s:-]+$/.test(line) &&
        !/^\|[|\s:-]+$/.test(lines[index + 1] ?? ""),
    )
    .map((line) =>
      line
        .split("|")
        .slice(1, -1)
        .map((cell) => cell.trim()),
    );
}
