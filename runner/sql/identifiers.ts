import { escapeIdentifier } from "pg";

/** What SQL is made of here: strings, which are left alone, quoted names, and words. */
const TOKENS = /'(?:[^']|'')*'|"(?:[^"]|"")+"|[\p{L}_][\p{L}\p{N}_$]*/gu;
const REFERENCED =
  / REFERENCES (?:("(?:[^"]|"")+"|[\p{L}_][\p{L}\p{N}_$]*)\.)?("(?:[^"]|"")+"|[\p{L}_][\p{L}\p{N}_$]*)\(/u;

/** Whether the text that the server wrote uses a name, quoted or not. The name may hold anything: it is compared, no pattern. */
export function usesName(sql: string, name: string): boolean {
  return tokens(sql).some((token) => !isString(token) && nameOf(token) === name);
}

/** Whether the two texts are equal once each name of the first is what `rename` makes of it. */
export function isEqualRenamed(
  first: string,
  second: string,
  rename: (name: string) => string,
): boolean {
  return withNames(first, rename) === withNames(second, (name) => name);
}

/** The table that a foreign key's definition refers to, without a schema where the server wrote none. */
export function referencedTable(
  definition: string,
): { readonly schema?: string; readonly name: string } | undefined {
  const [, schema, name] = REFERENCED.exec(definition) ?? [];
  return name === undefined
    ? undefined
    : { ...(schema === undefined ? {} : { schema: nameOf(schema) }), name: nameOf(name) };
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

function withNames(sql: string, rename: (name: string) => string): string {
  return sql.replace(TOKENS, (token) =>
    isString(token) ? token : escapeIdentifier(rename(nameOf(token))),
  );
}

function tokens(sql: string): readonly string[] {
  return sql.match(TOKENS) ?? [];
}

function isString(token: string): boolean {
  return token.startsWith("'");
}

function nameOf(token: string): string {
  return token.startsWith('"') ? token.slice(1, -1).replaceAll('""', '"') : token;
}
