import { readFileSync } from "node:fs";
import type { CatalogChange } from "../model";
import type { Baseline } from "./baseline";
import type { Lock, LockedStatement, LockedStep, OnSome } from "./lock";
import { isOn } from "./onSome";

/** Reads a lock that this repository's own command has written; lists that its text leaves out are empty. */
export function readLock(file: string): Lock {
  const lock = JSON.parse(readFileSync(file, "utf8")) as Lock;
  const empty = {
    added: [],
    changed: [],
    renamed: [],
    removed: [],
    needs: [],
    builtIns: [],
    tables: [],
  };
  const steps = lock.steps.map((step) => ({
    ...step,
    statements: step.statements.map((statement) => ({ ...empty, ...statement })),
  }));
  return { ...lock, steps };
}

/** What each statement of a step changes on that baseline, in order. */
export function changesOn(step: LockedStep, baseline: Baseline): readonly CatalogChange[] {
  return step.statements.map(({ added, changed, renamed, removed }: LockedStatement) => ({
    added: linesOn(added, baseline),
    changed: linesOn(changed, baseline),
    renamed: linesOn(renamed, baseline),
    removed: linesOn(removed, baseline),
  }));
}

function linesOn<T>(lines: readonly OnSome<T>[], baseline: Baseline): readonly T[] {
  return lines.filter((line) => isOn(line, baseline));
}
