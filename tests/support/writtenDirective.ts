import { mkdirSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { lockDirective } from "../../runner/authoring/lockDirective";
import { lockText } from "../../runner/authoring/lockText";
import type { StepKind } from "../../runner/model";
import type { PostgresMajor } from "../../runner/postgres/majors";
import { addDirective, copySqlFolder, type ManifestStepText } from "./sqlFolder";

/** A step of a directive that a test writes: a section's SQL is put into directive.sql, another's into a file of its own. */
export interface WrittenStep {
  readonly id: string;
  readonly kind: StepKind;
  readonly sql: string;
  /** Default: nothing takes it back. */
  readonly inverse?: string;
}

/** A copy of sql/ with a further directive ad_006 of these steps, on an application's tables; not locked. */
export async function directiveOf(
  application: string,
  steps: readonly WrittenStep[],
): Promise<string> {
  const folder = copySqlFolder();
  const write = (file: string, text: string): string => {
    mkdirSync(dirname(join(folder, "ad_006", file)), { recursive: true });
    writeFileSync(join(folder, "ad_006", file), text);
    return file;
  };
  writeFileSync(
    join(folder, "dev_baseline", "900_application.sql"),
    `SET ROLE postgres;\n${application}RESET ROLE;\n`,
  );
  const sections = steps.filter(({ kind }) => kind === "section");
  for (const { id, kind, sql, inverse } of steps) {
    if (kind !== "section") {
      write(`amendments/${id}.sql`, `${sql};\n`);
    }
    if (inverse !== undefined) {
      write(`rollback/${id}.sql`, `${inverse};\n`);
    }
  }
  const manifestStep = (step: WrittenStep): ManifestStepText => {
    const { id, kind, inverse } = step;
    const number = sections.indexOf(step) + 1;
    return {
      id,
      kind,
      title: id,
      reason: "a test",
      file: kind === "section" ? "directive.sql" : `amendments/${id}.sql`,
      ...(kind === "section" ? { statements: [number, number] } : {}),
      ...(inverse === undefined
        ? { irreversible: "a test says so" }
        : { inverse: { file: `rollback/${id}.sql` } }),
    };
  };
  const sql = sections.map((step) => `${step.sql};\n`).join("");
  await addDirective(folder, "ad_006", sql, [], (manifest) => {
    manifest.steps = steps.map(manifestStep);
  });
  return folder;
}

/** Locks ad_006 as its author does, on one server. */
export async function lockOn(folder: string, major: PostgresMajor): Promise<void> {
  const lock = await lockDirective(folder, "ad_006", undefined, [{ major, defaults: "closed" }]);
  writeFileSync(join(folder, "ad_006", "lock.json"), lockText(lock));
}

/** Asks again and again until it is so. */
export async function until(isSo: () => Promise<boolean>): Promise<void> {
  for (const deadline = Date.now() + 20_000; !(await isSo());) {
    if (Date.now() > deadline) {
      throw new Error("it did not come so far");
    }
  }
}
