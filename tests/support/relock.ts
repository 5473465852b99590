import { existsSync, writeFileSync } from "node:fs";
import { filesOf, loadForLock } from "../../runner/authoring/lockDirective";
import { lockText } from "../../runner/authoring/lockText";
import { digestOf } from "../../runner/base/canonicalJson";
import { sha256 } from "../../runner/base/sha256";
import type { LockedStep } from "../../runner/directive/lock";
import { lockFile, NOTHING_DONE, readLock } from "../../runner/directive/readLock";
import type { LockedStatement, Step } from "../../runner/model";

/** What a statement did, as a test makes it up; nothing is the default. */
export type MadeUp = Partial<Omit<LockedStatement, "statement" | "offset" | "length" | "sha256">>;

/**
 * Writes a directive's lock.json for files that a test made up, without a server: steps that were locked before and have
 * as many statements keep what they did.
 *
 * @param did by step, what each of its statements did
 */
export async function relock(
  folder: string,
  directive: string,
  did: Readonly<Record<string, readonly MadeUp[]>> = {},
): Promise<void> {
  const { manifest, earlier } = await loadForLock(folder, directive);
  const before = existsSync(lockFile(folder, directive)) ? readLock(folder, directive).steps : [];
  const lock = {
    version: 1 as const,
    directive,
    after: Object.fromEntries(earlier.map((one) => [one.directive, digestOf(filesOf(one))])),
    files: filesOf(manifest),
    steps: manifest.steps.map((step) =>
      relocked(
        step,
        before.find((one) => one.step === step.id),
        did[step.id],
      ),
    ),
  };
  writeFileSync(lockFile(folder, directive), lockText(lock));
}

function relocked(
  { id, kind, required, file, inverse, irreversible = "made up", statements }: Step,
  before: LockedStep | undefined,
  did: readonly MadeUp[] | undefined,
): LockedStep {
  const known = before?.statements.length === statements.length ? before.statements : [];
  return {
    step: id,
    kind,
    required,
    file,
    inverse:
      inverse === undefined
        ? { proof: "never", reason: irreversible }
        : { file: inverse.file, proof: "proved" },
    statements: statements.map(({ number, bytes }, index) => ({
      tag: "",
      ...NOTHING_DONE,
      ...known[index],
      ...did?.[index],
      statement: number,
      offset: 0,
      length: bytes.length,
      sha256: sha256(bytes),
    })),
  };
}
