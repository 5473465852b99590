import { HIDDEN, visibleJson } from "./visible";

/** Why a file or a field cannot be what it claims to be, as words that follow "because". Never reaches a user bare. */
export class InvalidApprovalText extends Error {
  public constructor(reason: string) {
    super(reason);
    this.name = "InvalidApprovalText";
  }
}

/** Why, in the words of an {@link InvalidApprovalText}; any other error is thrown on. */
export function reasonOf(error: unknown): string {
  if (error instanceof InvalidApprovalText) {
    return error.message;
  }
  throw error;
}

/**
 * Foreign text as it may be shown: quoted, cut to 60 characters, nothing in it that moves a cursor or turns the
 * direction of writing. What is shown before a signature must be what is signed.
 */
export function quoteUntrusted(text: string): string {
  const characters = Array.from(text);
  const cut = characters.length > 60 ? `${characters.slice(0, 60).join("")}…` : text;
  return visibleJson(cut);
}

/** Is it text of one line, of at most so many characters, without anything hidden? */
export function isPlainText(value: unknown, maxCharacters: number): value is string {
  return (
    typeof value === "string" &&
    Array.from(value).length <= maxCharacters &&
    value.search(HIDDEN) < 0
  );
}

/** Is it a sha256 as we write them: 64 lower-case hexadecimal digits? */
export function isSha256(value: unknown): value is string {
  return typeof value === "string" && /^[0-9a-f]{64}$/.test(value);
}

/**
 * Is it a signer's name? Letters that no two look alike, safe as a file's name, and no pattern character: in allowed
 * signers `*`, `?`, `!` and `,` would make one name stand for many.
 */
export function isSignerName(value: unknown): value is string {
  return typeof value === "string" && /^[A-Za-z0-9][A-Za-z0-9._+@-]{0,127}$/.test(value);
}

/** A moment as an approval writes it: ISO 8601, UTC, whole seconds. */
export function formatTime(moment: Date): string {
  return `${moment.toISOString().slice(0, 19)}Z`;
}

/** The moment that `formatTime` wrote, or undefined where it cannot have written this: 30 February, an offset. */
export function parseTime(value: unknown): Date | undefined {
  if (typeof value !== "string" || !/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/.test(value)) {
    return undefined;
  }
  const moment = new Date(value);
  return Number.isNaN(moment.getTime()) || formatTime(moment) !== value ? undefined : moment;
}
