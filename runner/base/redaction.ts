import { visibleInLog } from "./visible";

/** Shorter texts are only taken out where SQL or a URL gives them as a secret: they occur in ordinary words. */
const SHORTEST_SECRET = 4;

/** What replaces a secret in a message. */
const REDACTED = "[secret]";

const SPACE = String.raw`(?:\s|--[^\n]*\n|/\*[\s\S]*?\*/)`;

/**
 * A string constant's content: dollar-quoted; inside of another constant, with doubled quotes; or plain, where it may lack its
 * end. A quote that ends a constant begins none: `'the password ', 1`, `'... PASSWORD ' || quote_literal(p)`.
 */
const CONSTANT = String.raw`(?:\$(\w*)\$(?<dollar>[\s\S]*?)\$\1\$|(?:E|U&)?(?:''(?<nested>[^'\s]+)''|'(?!\s*(?:\|\||[,);]))(?<plain>(?:[^']|'')+)))`;

/** The places of secrets in SQL, in what a server says of it, and in URLs. */
const SECRETS: readonly RegExp[] = [
  // PASSWORD 'x', OPTIONS (api_key 'x')
  String.raw`(?:pass(?:word|wd|phrase)|secret|token|credential|api_?key|access_?key)\w*"?${SPACE}+${CONSTANT}`,
  // SET password = 'x'
  String.raw`pass(?:word|wd|phrase)\w*"?${SPACE}*=${SPACE}*${CONSTANT}`,
  // CREATE ROLE r PASSWORD x, which the parser refuses
  String.raw`\b(?:CREATE|ALTER)\s+(?:ROLE|USER|GROUP)\s+\S+\s[^;'$]{0,200}?\bPASSWORD\s+(?!NULL\b|E'|U&'|--|/\*|%)(?<bare>[^\s'";$]+)`,
  // 'host=h password=x'
  String.raw`'(?:\w+ *= *[^\s'=]+\s+)*(?:ssl)?password *= *(?:''(?<quoted>[^']+)''|(?!%)(?<word>[^\s']+))`,
  // postgresql://login:x@host
  String.raw`:\/\/[^\s\/:@'"]*:(?!PASSWORD@|%[sL]@)(?<url>[^\s\/'"]+)@`,
  String.raw`-----BEGIN [A-Z ]*PRIVATE KEY-----(?<key>[\s\S]*?)(?:-----END|$)`,
  // eslint-disable-next-line no-restricted-syntax -- made of the constants above
].map((source) => new RegExp(source, "gi"));

/** The secrets that a text of SQL holds: passwords and keys as constants, in connection strings and in URLs. */
export function secretsIn(text: string): readonly string[] {
  return SECRETS.flatMap((pattern) =>
    [...text.matchAll(pattern)].map(({ groups }) => valueIn(groups)),
  );
}

/**
 * The text for a message: without the secrets in it, and without those that `source` holds, as a server quotes a statement's
 * words; with hidden characters made visible.
 */
export function withoutSecrets(text: string, source = ""): string {
  const redaction = new Redaction();
  // A message may quote one line of a text.
  redaction.add(secretsIn(source).flatMap((secret) => [secret, ...secret.split("\n")]));
  return redaction.redact(text);
}

/**
 * Removes secrets from messages and makes hidden characters visible. It also finds a secret as it is written in a URL, in
 * JSON and in an SQL literal.
 */
export class Redaction {
  private readonly texts = new Set<string>();

  public constructor(private readonly parent?: Redaction) {}

  public add(texts: Iterable<string>): void {
    for (const text of texts) {
      if (text.trim().length < SHORTEST_SECRET) {
        continue;
      }
      this.texts.add(text);
      this.texts.add(encodeURIComponent(Buffer.from(text).toString()));
      this.texts.add(JSON.stringify(text).slice(1, -1));
      this.texts.add(text.replaceAll("'", "''"));
    }
  }

  /** The message without the secrets of this and of the parent, and with hidden characters made visible. */
  public redact(message: string): string {
    // In one pass, so that a secret never matches inside "[secret]"; the longest first, since one may be part of another.
    const longestFirst = this.all().sort((a, b) => b.length - a.length);
    let redacted = "";
    let from = 0;
    for (let at = 0; longestFirst.length > 0 && at < message.length;) {
      const secret = longestFirst.find((text) => message.startsWith(text, at));
      if (secret === undefined) {
        at++;
      } else {
        redacted += message.slice(from, at) + REDACTED;
        at += secret.length;
        from = at;
      }
    }
    return visibleInLog(withoutWritten(redacted + message.slice(from)));
  }

  private all(): string[] {
    return [...this.texts, ...(this.parent?.all() ?? [])];
  }
}

/** The JSON value without the secrets that its texts hold. */
export function jsonWithoutSecrets(value: unknown): unknown {
  if (typeof value === "string") {
    return withoutWritten(value);
  }
  if (typeof value !== "object" || value === null) {
    return value;
  }
  return Array.isArray(value)
    ? value.map(jsonWithoutSecrets)
    : Object.fromEntries(
        Object.entries(value).map(([name, one]) => [name, jsonWithoutSecrets(one)]),
      );
}

function withoutWritten(text: string): string {
  return SECRETS.reduce(
    (rest, pattern) =>
      rest.replace(pattern, (match: string, ...parts: unknown[]) => {
        const value = valueIn(parts.at(-1) as Record<string, string | undefined>);
        const at = match.lastIndexOf(value);
        return match.slice(0, at) + REDACTED + match.slice(at + value.length);
      }),
    text,
  );
}

function valueIn(groups: Readonly<Record<string, string | undefined>> = {}): string {
  return Object.values(groups).find((value) => value !== undefined) ?? "";
}
