import { HIDDEN, visibleJson } from "./visible";

/**
 * A file or a field that is not what it claims to be. Its message is the reason, in words that follow "because"; whoever
 * catches it makes a fault of it.
 */
export class InvalidApprovalText extends Error {
  public constructor(reason: string) {
    super(reason);
    this.name = "InvalidApprovalText";
  }
}

/** @throws InvalidApprovalText with this reason, where it does not hold */
export function need(holds: boolean, reason: string): asserts holds {
  if (!holds) {
    throw new InvalidApprovalText(reason);
  }
}

/** The reason of an {@link InvalidApprovalText}; throws any other error again. */
export function reasonOf(error: unknown): string {
  if (error instanceof InvalidApprovalText) {
    return error.message;
  }
  throw error;
}

/**
 * Untrusted text for a message: quoted, cut to 60 characters, without characters that move a cursor or change the
 * direction of writing. What is shown before a signature must be what is signed.
 */
export function quoteUntrusted(text: string): string {
  const characters = Array.from(text);
  const cut = characters.length > 60 ? `${characters.slice(0, 60).join("")}…` : text;
  return visibleJson(cut);
}

/** Whether it is one line of text, of at most so many characters, without hidden characters. */
export function isPlainText(value: unknown, maxCharacters: number): value is string {
  return (
    typeof value === "string" &&
    Array.from(value).length <= maxCharacters &&
    value.search(HIDDEN) < 0
  );
}

/** Whether it is a sha256 as 64 lower-case hexadecimal digits. */
export function isSha256(value: unknown): value is string {
  return typeof value === "string" && /^[0-9a-f]{64}$/.test(value);
}

/**
 * Whether it is a signer's name: ASCII alone, so that no two names look alike; safe as a file's name; no pattern
 * character, since `*`, `?`, `!` and `,` in allowed signers would make one name match many.
 */
export function isSignerName(value: unknown): value is string {
  return typeof value === "string" && /^[A-Za-z0-9][A-Za-z0-9._+@-]{0,127}$/.test(value);
}

/** A moment as approvals have it: ISO 8601, UTC, whole seconds. */
export function formatTime(moment: Date): string {
  return `${moment.toISOString().slice(0, 19)}Z`;
}

/** The moment that `formatTime` wrote; undefined for anything else: 30 February, another time zone. */
export function parseTime(value: unknown): Date | undefined {
  if (typeof value !== "string" || !/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/.test(value)) {
    return undefined;
  }
  const moment = new Date(value);
  return Number.isNaN(moment.getTime()) || formatTime(moment) !== value ? undefined : moment;
}
