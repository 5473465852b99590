/**
 * Controls, formats (bidirectional ones among them), lone surrogates, unassigned characters and both Unicode line ends:
 * all that could make a text read otherwise than it runs. Line ends and tabs stay.
 */
const HIDDEN = /[^\P{C}\n\t]|[\p{Zl}\p{Zp}]/gu;

/** The text as it may be shown for a signature: what nobody would see in it stands as `[U+202E]`. */
export function visible(text: string): string {
  return text.replace(
    HIDDEN,
    (character) =>
      `[U+${(character.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, "0")}]`,
  );
}
