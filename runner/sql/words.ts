import { containsWord } from "./identifiers";

/** Every text in a parse tree: names, constants, the code of functions and DO blocks. Comments are in no tree. */
export function textsIn(node: unknown): readonly string[] {
  if (typeof node === "string") {
    return [node];
  }
  return typeof node === "object" && node !== null ? Object.values(node).flatMap(textsIn) : [];
}

/**
 * Every word and operator in these texts, as it is and in small letters: names, and those in the code of functions and DO
 * blocks, which the parser does not read. More than they use, never less.
 */
export function wordsIn(texts: readonly string[]): ReadonlySet<string> {
  const words = texts.flatMap(
    (text) => text.match(/[\p{L}_][\p{L}\p{N}_$]*|[-+*/<>=~!@#%^&|`?]+/gu) ?? [],
  );
  return new Set(words.flatMap((word) => [word, word.toLowerCase()]));
}

/** Those of the roles that these texts name, as a word. SQL that puts a name together from pieces is not found out. */
export function rolesIn(texts: readonly string[], roles: readonly string[]): readonly string[] {
  return roles.filter((role) => texts.some((text) => containsWord(text, role)));
}
