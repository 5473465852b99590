import {
  closeSync,
  constants,
  fstatSync,
  mkdirSync,
  openSync,
  readdirSync,
  readSync,
} from "node:fs";
import { basename, dirname, join } from "node:path";
import { fault, messageOf } from "../base/fault";
import { replaceFile } from "../base/replaceFile";
import { InvalidApprovalText, need, quoteUntrusted, reasonOf } from "../base/untrustedText";
import { bothRevocations, NO_REVOCATIONS, type Revocations } from "../history/revocations";
import { parseRevocations } from "./record";

/** The largest approval or signature that is read: a hundred times what they need. */
export const SMALL_FILE_BYTES = 16_384;
/** The largest file of allowed signers or revocations that is read. */
const LIST_FILE_BYTES = 65_536;
const MAX_CANDIDATES = 500;

/** The two files of one name in an approvals folder: their bytes, or why they could not be read. */
export type Candidate =
  | { readonly name: string; readonly json: Buffer; readonly signature: Buffer }
  | { readonly name: string; readonly problem: string };

/**
 * The file's bytes, read once: the bytes that are checked are the bytes that are used, whatever happens to the file then.
 *
 * @throws InvalidApprovalText where it does not exist, is a link or no regular file (a FIFO would block for ever), or is
 *   too large
 */
export function readOnce(path: string, maxBytes: number): Buffer {
  let file: number;
  try {
    // O_NONBLOCK: opening a FIFO must not wait for somebody to write to it.
    file = openSync(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
  } catch (error) {
    throw new InvalidApprovalText(openFailure((error as NodeJS.ErrnoException).code));
  }
  try {
    need(fstatSync(file).isFile(), "no regular file");
    // One byte more than allowed: a file may have grown since fstat.
    const buffer = Buffer.alloc(maxBytes + 1);
    let length = 0;
    for (let read = 1; read > 0 && length < buffer.length; length += read) {
      read = readSync(file, buffer, length, buffer.length - length, null);
    }
    need(length <= maxBytes, `a file larger than ${maxBytes / 1024} KiB`);
    return buffer.subarray(0, length);
  } finally {
    closeSync(file);
  }
}

/**
 * Every file in the folders that may be an approval, sorted by name; with several folders a name begins with its
 * directive, `ad_006/NAME`. A folder that does not exist has none.
 *
 * @throws APPROVAL_FILE_INVALID where a folder cannot be read, or holds more than 500
 */
export function readCandidates(folders: readonly string[]): readonly Candidate[] {
  return folders.flatMap((folder) => {
    const names = new Set(
      listFolder(folder).flatMap((file) => /^(.*)\.json(?:\.sig)?$/s.exec(file)?.[1] ?? []),
    );
    if (names.size > MAX_CANDIDATES) {
      throw invalid(folder, `${names.size} approvals`, `at most ${MAX_CANDIDATES}`);
    }
    const directive = folders.length === 1 ? "" : basename(dirname(folder));
    return [...names]
      .sort()
      .map((name) => ({ ...readCandidate(folder, name), name: join(directive, name) }));
  });
}

/**
 * The allowed signers' content, for `judgeApprovals`.
 *
 * @throws SIGNERS_INVALID where the file cannot be read
 */
export function readAllowedSigners(path: string): string {
  try {
    const bytes = readOnce(path, LIST_FILE_BYTES);
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch (error) {
    throw fault("SIGNERS_INVALID", {
      what: `reading the allowed signers ${quoteUntrusted(path)}`,
      found: error instanceof InvalidApprovalText ? error.message : "bytes that are not UTF-8",
      expected: "a text file of at most 64 KiB",
      remedy:
        "Check the path in v7:allowedSigners; correct the file, or restore it from version control",
    });
  }
}

/**
 * What the files `revoked` in these folders revoke; a folder without that file revokes nothing.
 *
 * @throws APPROVAL_FILE_INVALID where such a file is not a revocation list
 */
export function readRevocations(folders: readonly string[]): Revocations {
  return folders.map(readRevocationList).reduce(bothRevocations, NO_REVOCATIONS);
}

function readRevocationList(folder: string): Revocations {
  const path = join(folder, "revoked");
  if (!listFolder(folder).includes("revoked")) {
    return NO_REVOCATIONS;
  }
  try {
    return parseRevocations(readOnce(path, LIST_FILE_BYTES));
  } catch (error) {
    throw invalid(path, reasonOf(error), "a nonce, a key's fingerprint or a plan's digest a line");
  }
}

/**
 * Writes an approval and its signature under that name; each file is written whole or not at all, and never through a
 * link of that name.
 *
 * The signature is written first: until the approval follows, an older approval of that name has a signature that does
 * not verify, and is refused.
 *
 * @returns the path of the approval
 * @throws APPROVAL_FILE_INVALID where the folder cannot be written to
 */
export function writeApproval(
  folder: string,
  name: string,
  json: Uint8Array,
  signature: Uint8Array,
): string {
  const path = join(folder, `${name}.json`);
  try {
    mkdirSync(folder, { recursive: true });
    replaceFile(`${path}.sig`, signature);
    replaceFile(path, json);
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

function readCandidate(folder: string, name: string): Candidate {
  const read = (suffix: string): Buffer => {
    try {
      return readOnce(join(folder, `${name}.${suffix}`), SMALL_FILE_BYTES);
    } catch (error) {
      throw new InvalidApprovalText(`the .${suffix} file: ${reasonOf(error)}`);
    }
  };
  try {
    return { name, json: read("json"), signature: read("json.sig") };
  } catch (error) {
    return { name, problem: reasonOf(error) };
  }
}

function listFolder(folder: string): readonly string[] {
  try {
    return readdirSync(folder);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") {
      return [];
    }
    throw invalid(
      folder,
      String((error as NodeJS.ErrnoException).code),
      "a folder that can be read",
    );
  }
}

function openFailure(code: string | undefined): string {
  if (code === "ENOENT") {
    return "no such file";
  }
  // O_NOFOLLOW fails with ELOOP on a link; on FreeBSD with EMLINK.
  return code === "ELOOP" || code === "EMLINK"
    ? "a symbolic link"
    : `a file that cannot be opened (${code})`;
}

function invalid(path: string, found: string, expected: string): Error {
  return fault("APPROVAL_FILE_INVALID", {
    what: `reading ${quoteUntrusted(path)}`,
    found,
    expected,
    remedy: "Check the path; correct the file, or restore it from version control",
  });
}
