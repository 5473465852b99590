import { checkoutFolder } from "./checkoutFolder";
import { hashOf } from "./fileHash";
import { RUNNER_VERSION } from "./version";

/** What runs: our own code, and the lockfile, which names the bytes of every package. */
export const PROGRAM_SOURCES: readonly string[] = [
  "cli",
  "components",
  "engine",
  "index.ts",
  "package-lock.json",
  "policy",
  "runner",
];

/** Which program this is, as far as it can say so itself. */
export interface Program {
  readonly version: string;
  /** Of its sources and of package-lock.json. */
  readonly sha256: string;
}

/**
 * This program's version and digest, for whoever reviews a plan. No gate compares it: a program that was changed would say
 * whatever it likes of itself.
 */
export function thisProgram(): Program {
  return { version: RUNNER_VERSION, sha256: hashOf(checkoutFolder(), PROGRAM_SOURCES) };
}

/** The same as a line. */
export function describeProgram({ version, sha256 }: Program = thisProgram()): string {
  return `program ${version}, sources and package-lock.json ${sha256} (for information: the plan's digest does not cover it)`;
}
