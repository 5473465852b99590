import { visibleInLog } from "../../base/visible";
import { UNKNOWN } from "../resourceType";

/** Shorter texts are not redacted: they occur in ordinary words, and are too short to be secure. */
const SHORTEST_SECRET = 4;

/** What replaces a secret in a message. */
const REDACTED = "[secret]";

/**
 * Removes secrets from messages and makes hidden characters visible. It also finds a secret as it is written in a URL, in
 * JSON and in an SQL literal.
 */
export class Redaction {
  private readonly texts = new Set<string>();

  public constructor(private readonly parent?: Redaction) {}

  public add(texts: Iterable<string>): void {
    for (const text of texts) {
      if (text.length < SHORTEST_SECRET || text === UNKNOWN) {
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
    for (let at = 0; at < message.length;) {
      const secret = longestFirst.find((text) => message.startsWith(text, at));
      if (secret === undefined) {
        at++;
      } else {
        redacted += message.slice(from, at) + REDACTED;
        at += secret.length;
        from = at;
      }
    }
    return visibleInLog(redacted + message.slice(from));
  }

  private all(): string[] {
    return [...this.texts, ...(this.parent?.all() ?? [])];
  }
}
