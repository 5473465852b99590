/** String constants, quoted names, and words. */
const TOKENS = /'(?:[^']|'')*'|"(?:[^"]|"")+"|[\p{L}_][\p{L}\p{N}_$]*/gu;

/** Whether SQL that the server wrote contains a name, quoted or not, outside of string constants. */
export function usesName(sql: string, name: string): boolean {
  return (sql.match(TOKENS) ?? []).some(
    (token) => !token.startsWith("'") && nameOf(token) === name,
  );
}

/** The parts of a name that the server wrote: `public` and `Odd name` of `public."Odd name"`. */
export function namesIn(name: string): readonly string[] {
  return (name.match(TOKENS) ?? []).map(nameOf);
}

/** Whether the text contains the word, and not only as a part of a longer one. Upper and lower case are equal. */
export function containsWord(text: string, word: string): boolean {
  const [where, what] = [text.toLowerCase(), word.toLowerCase()];
  for (let at = where.indexOf(what); at >= 0; at = where.indexOf(what, at + 1)) {
    if (
      !/[\p{L}\p{N}_$]$/u.test(where.slice(0, at)) &&
      !/^[\p{L}\p{N}_$]/u.test(where.slice(at + what.length))
    ) {
      return true;
    }
  }
  return false;
}

function nameOf(token: string): string {
  return token.startsWith('"') ? token.slice(1, -1).replaceAll('""', '"') : token;
}
