/**
 * Characters that could make a text look different from what it is: controls, formats (also bidirectional ones), lone
 * surrogates, unassigned characters, both Unicode line ends, and characters that fonts do not draw.
 */
export const HIDDEN = /[\p{C}\p{Zl}\p{Zp}\p{Default_Ignorable_Code_Point}]/gu;

/**
 * The text with each hidden character replaced by its number, `[U+202E]`; line ends and tabs stay. Applying it twice changes
 * nothing more.
 *
 * All text that comes from a database, a server or an untrusted file passes through here before it is shown: in the
 * terminal, in Markdown and HTML, in faults and in Pulumi's log.
 */
export function visible(text: string): string {
  return text.replace(HIDDEN, (character) =>
    character === "\n" || character === "\t" ? character : asNumber(character),
  );
}

function asNumber(character: string): string {
  return `[U+${(character.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, "0")}]`;
}

/** A GitHub workflow's commands (`::error::` at the beginning of a line, `##[error]` anywhere), and the end of a fence. */
const COMMAND = /(?<=^[^\S\n]*):(?=:)|#(?=#\[)|(?<=^[^\S\n]*)`(?=``)/gm;

/**
 * {@link visible} text for the terminal or a log. In a GitHub workflow, whose runner takes lines of a log for commands, none of
 * it is a command, nor ends the fence in which a job's summary quotes the log: `[U+003A]:error::`.
 */
export function visibleInLog(text: string, environment: NodeJS.ProcessEnv = process.env): string {
  const shown = visible(text);
  return environment["GITHUB_ACTIONS"] === "true" ? shown.replace(COMMAND, asNumber) : shown;
}

/** The value as JSON whose hidden characters are escaped as `\u202e`, so that programs and people read the same. */
export function visibleJson(value: unknown, indent?: number): string {
  return JSON.stringify(value, null, indent).replace(HIDDEN, (character) =>
    character === "\n" ? character : escapeUnits(character),
  );
}

function escapeUnits(character: string): string {
  return Array.from(
    { length: character.length },
    (_, at) => `\\u${character.charCodeAt(at).toString(16).padStart(4, "0")}`,
  ).join("");
}
