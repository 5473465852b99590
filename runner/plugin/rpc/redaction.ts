import { visible } from "../../base/visible";
import { UNKNOWN } from "../resourceType";

/** Shorter texts would take ordinary words out of a message and are no secrets that could be kept anyway. */
const SHORTEST_SECRET = 4;

/** What replaces a secret in a message. */
const REDACTED = "[secret]";

/** Makes what is said fit to be shown: without secrets, with nothing hidden. Knows a text also as it is written in a URL, in JSON and in an SQL literal. */
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

  /** The message without any text that was added here or to the parent, what nobody would see in it made visible. */
  public redact(message: string): string {
    // In one pass, so that nothing matches inside a mark; the longest first, as one secret may be part of another.
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
    return visible(redacted + message.slice(from));
  }

  private all(): string[] {
    return [...this.texts, ...(this.parent?.all() ?? [])];
  }
}
