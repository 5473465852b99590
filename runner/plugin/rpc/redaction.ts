import { UNKNOWN } from "../resourceType";

/** Shorter texts would take ordinary words out of a message and are no secrets that could be kept anyway. */
const SHORTEST_SECRET = 4;

/** What stands in a message where a secret was. */
export const REDACTED = "[secret]";

/** Takes secrets out of messages. Knows a text also as it stands in a URL, in JSON and in an SQL literal. */
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

  /** The message without any text that was added here or to the parent. */
  public redact(message: string): string {
    // In one pass, so that nothing matches inside a mark; the longest first, as one secret may be part of another.
    const longestFirst = this.all().sort((a, b) => b.length - a.length);
    return longestFirst.length === 0
      ? message
      : message.replace(new RegExp(longestFirst.map(literally).join("|"), "g"), REDACTED);
  }

  private all(): string[] {
    return [...this.texts, ...(this.parent?.all() ?? [])];
  }
}

/** A regular expression for this text and no other. */
function literally(text: string): string {
  return text.replace(/[\\^$.*+?()[\]{}|/-]/g, "\\$&");
}
