import { createHash } from "node:crypto";

/** The SHA-256 of these bytes, as 64 lower-case hexadecimal digits. Text is hashed as UTF-8. */
export function sha256(bytes: Uint8Array | string): string {
  return createHash("sha256").update(bytes).digest("hex");
}
