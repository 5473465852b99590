import { readFileSync } from "node:fs";
import { fault } from "../../base/fault";
import { replaceFile } from "../../base/replaceFile";
import { isPostgresMajor, type PostgresMajor } from "../../postgres/majors";

const WHAT = "the embedded PostgreSQL of a v7 stack";

/**
 * What makes a folder one of ours, and the only authority on where the data is. Every move ends with one atomic
 * change of this file, so a copy that it does not name is a leftover, however new it looks.
 */
export interface Marker {
  readonly what: typeof WHAT;
  /** Random; names the folder outside the checkout. */
  readonly id: string;
  readonly stack: string;
  readonly major: PostgresMajor;
  /** `making` until everything is there for the first time; nobody's data can be in it before. */
  readonly state: "making" | "ready";
  /** The folder outside the checkout that holds the data; absent while the data is at home. */
  readonly away?: string | undefined;
  /** Only in the copy that lies outside the checkout, for whoever finds it there. */
  readonly home?: string;
}

export function newMarker(parts: Omit<Marker, "what" | "state">): Marker {
  return { what: WHAT, state: "making", ...parts };
}

/**
 * The folder's marker, undefined where there is none.
 *
 * @throws EMBEDDED_FAILED for a file of that name that is no marker of ours
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

/** Writes it so that a crash leaves either the old one or the new one. */
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
