import { existsSync, writeFileSync } from "node:fs";
import { loadForLock } from "../../runner/authoring/lockDirective";
import { lockSlice } from "../../runner/authoring/lockInverse";
import { lockText } from "../../runner/authoring/lockText";
import { filesOf, lockedAfter } from "../../runner/directive/builtOn";
import type { LockedStep } from "../../runner/directive/lock";
import { lockFile, NOTHING_DONE, readLock } from "../../runner/directive/readLock";
import type { LockedStatement, Step } from "../../runner/model";
import { commandTag } from "./commandTag";

/** A made-up change of a statement. Default: none. */
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
    after: lockedAfter(earlier, manifest),
    files: filesOf(manifest),
    steps: await Promise.all(
      manifest.steps.map((step) =>
        relocked(
          step,
          before.find((one) => one.step === step.id),
          did[step.id],
        ),
      ),
    ),
  };
  writeFileSync(lockFile(folder, directive), lockText(lock));
}

async function relocked(
  { id, kind, required, file, syntax, inverse, irreversible = "made up", ...step }: Step,
  before: LockedStep | undefined,
  did: readonly MadeUp[] = [],
): Promise<LockedStep> {
  return {
    step: id,
    kind,
    required,
    file,
    syntax,
    inverse:
      inverse === undefined
        ? { proof: "never", reason: irreversible }
        : {
            file: inverse.file,
            proof: "proved",
            statements: await relockedStatements(
              inverse,
              before?.inverse.proof === "proved" ? before.inverse.statements : [],
            ),
          },
    statements: await relockedStatements(step, before?.statements ?? [], did),
  };
}

async function relockedStatements(
  { statements }: Pick<Step, "statements">,
  before: readonly LockedStatement[],
  did: readonly MadeUp[] = [],
): Promise<readonly LockedStatement[]> {
  const known = before.length === statements.length ? before : [];
  return await Promise.all(
    statements.map(async (statement, index) => {
      const one = { ...NOTHING_DONE, ...known[index], ...did[index] };
      const tag = did[index]?.tag ?? (await commandTag(statement.bytes));
      return { ...one, ...lockSlice({ ...one, statement, tag }) };
    }),
  );
}
