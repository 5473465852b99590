import { randomBytes } from "node:crypto";
import { mkdir, open, rename, rm } from "node:fs/promises";
import { join } from "node:path";
import { fault, messageOf } from "../base/fault";
import { quoteUntrusted } from "../base/untrustedText";

/**
 * Writes an approval and its signature under that name; each file is there whole or not at all, and neither follows a
 * link that waits under the name.
 *
 * The signature goes first: between the two, an older approval of that name has a signature that does not hold, which
 * refuses; nothing in between allows.
 *
 * @returns the path of the approval
 * @throws APPROVAL_FILE_INVALID where the folder cannot be written to
 */
export async function writeApproval(
  folder: string,
  name: string,
  json: Uint8Array,
  signature: Uint8Array,
): Promise<string> {
  const path = join(folder, `${name}.json`);
  try {
    await mkdir(folder, { recursive: true });
    await replaceFile(`${path}.sig`, signature);
    await replaceFile(path, json);
  } catch (cause) {
    throw fault("APPROVAL_FILE_INVALID", {
      what: `writing ${quoteUntrusted(path)} and its signature`,
      found: messageOf(cause),
      remedy: "Name a folder that you may write to with --out, and sign again",
      cause,
    });
  }
  return path;
}

async function replaceFile(path: string, bytes: Uint8Array): Promise<void> {
  const temporary = `${path}.${randomBytes(6).toString("hex")}.tmp`;
  try {
    // wx: never through a file or a link that somebody else has put there.
    const file = await open(temporary, "wx", 0o644);
    try {
      await file.writeFile(bytes);
      await file.sync();
    } finally {
      await file.close();
    }
    await rename(temporary, path);
  } finally {
    await rm(temporary, { force: true });
  }
}
