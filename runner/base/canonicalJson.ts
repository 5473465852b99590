import canonicalize from "canonicalize";
import { sha256 } from "./sha256";

/** The value as canonical JSON (RFC 8785): the same value always has the same bytes. */
export function canonicalJson(value: unknown): string {
  const text = canonicalize(value);
  if (text === undefined) {
    throw new TypeError("canonicalJson: a value that JSON cannot represent");
  }
  return text;
}

/** The sha256 of the value's canonical JSON. */
export function digestOf(value: unknown): string {
  return sha256(canonicalJson(value));
}
