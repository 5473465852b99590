import { checkoutFolder } from "./checkoutFolder";
import { hashOf } from "./fileHash";
import { RUNNER_VERSION } from "./version";

/** The sources of the program: our own code, and the lockfile, which names the digest of every package. */
export const PROGRAM_SOURCES: readonly string[] = [
  "cli",
  "components",
  "engine",
  "index.ts",
  "package-lock.json",
  "policy",
  "runner",
];

/** The program's version and digest, by its own account. */
export interface Program {
  readonly version: string;
  /** The digest of its sources and of package-lock.json. */
  readonly sha256: string;
}

/**
 * This program's version and digest, for whoever reviews a plan. No check relies on them: a changed program could report
 * any digest.
 */
export function thisProgram(): Program {
  return { version: RUNNER_VERSION, sha256: hashOf(checkoutFolder(), PROGRAM_SOURCES) };
}

/** This program's version and digest as one line of text. */
export function describeProgram(): string {
  const { version, sha256 } = thisProgram();
  return `program ${version}, sources and package-lock.json ${sha256} (for information: the plan's digest does not cover it)`;
}
