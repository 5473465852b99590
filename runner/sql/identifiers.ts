/** What SQL is made of here: strings, which are left alone, quoted names, and words. */
const TOKENS = /'(?:[^']|'')*'|"(?:[^"]|"")+"|[\p{L}_][\p{L}\p{N}_$]*/gu;

/** Whether the text that the server wrote uses a name, quoted or not. The name may hold anything: it is compared, no pattern. */
export function usesName(sql: string, name: string): boolean {
  return (sql.match(TOKENS) ?? []).some(
    (token) => !token.startsWith("'") && nameOf(token) === name,
  );
}

/** Whether the name is in the text with nothing around it that could belong to a longer one; in any case of letters. */
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
