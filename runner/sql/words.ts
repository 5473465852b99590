import { containsWord } from "./identifiers";

/** Every text in a parse tree: names, constants, the code of functions and DO blocks; not comments. */
export function textsIn(node: unknown): readonly string[] {
  if (typeof node === "string") {
    return [node];
  }
  return typeof node === "object" && node !== null ? Object.values(node).flatMap(textsIn) : [];
}

/**
 * Every word and operator in these texts, as it is and in small letters. This covers the code of functions and DO blocks,
 * which the parser does not parse; it may list more names than the code uses, never fewer.
 */
export function wordsIn(texts: readonly string[]): ReadonlySet<string> {
  const words = texts.flatMap(
    (text) => text.match(/[\p{L}_][\p{L}\p{N}_$]*|[-+*/<>=~!@#%^&|`?]+/gu) ?? [],
  );
  return new Set(words.flatMap((word) => [word, word.toLowerCase()]));
}

/** The roles that these texts name as a word. A name that SQL builds from pieces is not detected. */
export function rolesIn(texts: readonly string[], roles: readonly string[]): readonly string[] {
  return roles.filter((role) => texts.some((text) => containsWord(text, role)));
}
