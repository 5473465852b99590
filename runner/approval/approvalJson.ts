import { canonicalJson } from "../base/canonicalJson";
import { InvalidApprovalText, quoteUntrusted } from "../base/untrustedText";

/** An approval is flat and a plan nests three deep; more is an attack on whoever reads it. */
const MAX_DEPTH = 4;

/** These bytes as text, refusing what is not UTF-8 and a byte order mark. */
export function strictText(bytes: Uint8Array): string {
  let text: string;
  try {
    text = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    throw new InvalidApprovalText("bytes that are not UTF-8");
  }
  if (text.startsWith("\uFEFF")) {
    throw new InvalidApprovalText("it begins with a byte order mark");
  }
  return text;
}

/**
 * The value that these bytes are the one canonical JSON of (RFC 8785), so that no two readers can read two things.
 *
 * @throws InvalidApprovalText with the first reason: not UTF-8, nested deeper than 4, not JSON, a key twice, not canonical
 */
export function parseCanonicalJson(bytes: Uint8Array): unknown {
  const text = strictText(bytes);
  let value: unknown;
  try {
    // V8 parses without recursion, so nesting cannot overflow its stack; what comes after the scan may recurse.
    value = JSON.parse(text) as unknown;
  } catch {
    throw new InvalidApprovalText("it is not JSON");
  }
  refuseNestingAndDuplicates(text);
  if (canonicalOf(value) !== text) {
    throw new InvalidApprovalText(
      "its bytes are not the canonical JSON (RFC 8785) of what they say",
    );
  }
  return value;
}

/** Undefined where there is none: JSON can spell a number that no computer holds, such as 1e400. */
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
  if (typeof value !== "object" || value === null || Array.isArray(value)) {
    throw new InvalidApprovalText(`${what} is not an object`);
  }
  const found = Object.keys(value);
  const unknown = found.find((key) => !(keys as readonly string[]).includes(key));
  if (unknown !== undefined) {
    throw new InvalidApprovalText(`${what} has the unknown key ${quoteUntrusted(unknown)}`);
  }
  const missing = keys.find((key) => !found.includes(key));
  if (missing !== undefined) {
    throw new InvalidApprovalText(`${what} lacks the key "${missing}"`);
  }
  return value as Record<Key, unknown>;
}

/** The tokens that matter here: whole strings, and the marks outside of them. */
const TOKENS = /"(?:[^"\\]|\\.)*"|[{}[\],:]/gs;

/** JSON.parse keeps the last of two equal keys, other readers the first. `text` is known to be JSON. */
function refuseNestingAndDuplicates(text: string): void {
  const open: (Set<string> | undefined)[] = [];
  let last = "";
  for (const [token] of text.matchAll(TOKENS)) {
    if (token === "{" || token === "[") {
      open.push(token === "{" ? new Set() : undefined);
      if (open.length > MAX_DEPTH) {
        throw new InvalidApprovalText(`it nests deeper than ${String(MAX_DEPTH)} levels`);
      }
    } else if (token === "}" || token === "]") {
      open.pop();
    } else if (token === ":") {
      const key = JSON.parse(last) as string;
      if (open.at(-1)?.has(key) === true) {
        throw new InvalidApprovalText(`it has the key ${quoteUntrusted(key)} twice`);
      }
      open.at(-1)?.add(key);
    }
    last = token;
  }
}
