import { canonicalJson } from "../base/canonicalJson";
import { InvalidApprovalText, need, quoteUntrusted } from "../base/untrustedText";

/** An approval has one level and a plan has three; deeper text could exhaust a reader's stack. */
const MAX_DEPTH = 4;

/** The bytes as text; refuses bytes that are not UTF-8, and a byte order mark. */
export function strictText(bytes: Uint8Array): string {
  let text: string;
  try {
    text = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    throw new InvalidApprovalText("bytes that are not UTF-8");
  }
  need(!text.startsWith("\uFEFF"), "it begins with a byte order mark");
  return text;
}

/**
 * Parses bytes that must be canonical JSON (RFC 8785), so that every reader gets the same value.
 *
 * @throws InvalidApprovalText with the first reason: not UTF-8, nested deeper than 4, not JSON, a key twice, not canonical
 */
export function parseCanonicalJson(bytes: Uint8Array): unknown {
  const text = strictText(bytes);
  let value: unknown;
  try {
    // V8 parses without recursion, so nesting cannot overflow its stack; canonicalOf recurses, after nesting was checked.
    value = JSON.parse(text) as unknown;
  } catch {
    throw new InvalidApprovalText("it is not JSON");
  }
  refuseNestingAndDuplicates(text);
  need(
    canonicalOf(value) === text,
    "its bytes are not the canonical JSON (RFC 8785) of what they say",
  );
  return value;
}

/** Undefined for a value without canonical JSON: text can spell a number that no float holds, such as 1e400. */
function canonicalOf(value: unknown): string | undefined {
  try {
    return canonicalJson(value);
  } catch {
    return undefined;
  }
}

/**
 * The fields of an object that has exactly these keys.
 *
 * @param what the object, as the reason names it: `the target`
 */
export function exactFields<Key extends string>(
  value: unknown,
  what: string,
  keys: readonly Key[],
): Record<Key, unknown> {
  need(
    typeof value === "object" && value !== null && !Array.isArray(value),
    `${what} is not an object`,
  );
  const found = Object.keys(value);
  const unknown = found.find((key) => !(keys as readonly string[]).includes(key));
  need(unknown === undefined, `${what} has the unknown key ${quoteUntrusted(unknown ?? "")}`);
  const missing = keys.find((key) => !found.includes(key));
  need(missing === undefined, `${what} lacks the key "${missing ?? ""}"`);
  return value as Record<Key, unknown>;
}

/** Whole strings, and JSON's marks outside of strings. */
const TOKENS = /"(?:[^"\\]|\\.)*"|[{}[\],:]/gs;

/** JSON.parse keeps the last of two equal keys, other readers the first. `text` is known to be JSON. */
function refuseNestingAndDuplicates(text: string): void {
  const open: (Set<string> | undefined)[] = [];
  let last = "";
  for (const [token] of text.matchAll(TOKENS)) {
    if (token === "{" || token === "[") {
      open.push(token === "{" ? new Set() : undefined);
      need(open.length <= MAX_DEPTH, `it nests deeper than ${MAX_DEPTH} levels`);
    } else if (token === "}" || token === "]") {
      open.pop();
    } else if (token === ":") {
      const key = JSON.parse(last) as string;
      need(open.at(-1)?.has(key) !== true, `it has the key ${quoteUntrusted(key)} twice`);
      open.at(-1)?.add(key);
    }
    last = token;
  }
}
