import { readFileSync } from "node:fs";
import { fault } from "../../base/fault";
import { replaceFile } from "../../base/replaceFile";
import { isPostgresMajor, type PostgresMajor } from "../../postgres/majors";

const WHAT = "the embedded PostgreSQL of a v7 stack";

/**
 * The content of cluster.json, which marks a folder as ours and says where the data is. Every move of the data ends with an
 * atomic change of this file, so that data at any other place is a leftover.
 */
export interface Marker {
  readonly what: typeof WHAT;
  /** Random; names the folder outside the checkout. */
  readonly id: string;
  readonly stack: string;
  readonly major: PostgresMajor;
  /** `making` until the cluster is complete for the first time; before, it has no user data. */
  readonly state: "making" | "ready";
  /** The folder outside the checkout that has the data; absent while the data is in the checkout. */
  readonly away?: string | undefined;
  /** The stack's folder in the checkout; only in the marker outside the checkout, for people who find it there. */
  readonly home?: string;
}

export function newMarker(parts: Omit<Marker, "what" | "state">): Marker {
  return { what: WHAT, state: "making", ...parts };
}

/**
 * The folder's marker; undefined where there is none.
 *
 * @throws EMBEDDED_FAILED for a file of that name with other content
 */
export function readMarker(file: string): Marker | undefined {
  let text: string;
  try {
    text = readFileSync(file, "utf8");
  } catch (cause) {
    if (["ENOENT", "ENOTDIR"].includes((cause as NodeJS.ErrnoException).code ?? "")) {
      return undefined;
    }
    throw unreadable(file, "a file that cannot be read", cause);
  }
  const marker = parse(text);
  if (!isMarker(marker)) {
    throw unreadable(file, "something else", undefined);
  }
  return marker;
}

/** Writes the marker atomically. */
export function writeMarker(file: string, marker: Marker): void {
  replaceFile(file, `${JSON.stringify(marker, undefined, 2)}\n`);
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function isMarker(value: unknown): value is Marker {
  if (typeof value !== "object" || value === null) {
    return false;
  }
  const { what, id, major, state } = value as Partial<Marker>;
  return (
    what === WHAT &&
    typeof id === "string" &&
    /^[0-9a-f]{16}$/.test(id) &&
    isPostgresMajor(major) &&
    (state === "making" || state === "ready")
  );
}

function unreadable(file: string, found: string, cause: unknown): Error {
  return fault("EMBEDDED_FAILED", {
    what: `reading the marker "${file}"`,
    found,
    expected: "the content that this program wrote there",
    remedy: "Restore the file, or move the folder away by hand; nothing in it was changed",
    cause,
  });
}
