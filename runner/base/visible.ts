/**
 * Controls, formats (bidirectional ones among them), lone surrogates, unassigned characters, both Unicode line ends, and what
 * a font draws as nothing: all that could make a text read otherwise than it is.
 */
export const HIDDEN = /[\p{C}\p{Zl}\p{Zp}\p{Default_Ignorable_Code_Point}]/gu;

/**
 * The text as a person may be shown it: what nobody would see in it stands as `[U+202E]`. Line ends and tabs stay. Shown
 * twice it is the same.
 *
 * The one way out for text that a database, a file of strangers or a server has written: terminal, Markdown, HTML, faults and
 * Pulumi's log all end here.
 */
export function visible(text: string): string {
  return text.replace(HIDDEN, (character) =>
    character === "\n" || character === "\t"
      ? character
      : `[U+${(character.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, "0")}]`,
  );
}

/** The value as JSON for a program and for whoever looks at it: the same data, what is hidden in it as `\u202e`. */
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
