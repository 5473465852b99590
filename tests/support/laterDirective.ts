import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { lockDirective } from "../../runner/authoring/lockDirective";
import { lockText } from "../../runner/authoring/lockText";
import { lockFile } from "../../runner/directive/readLock";
import type { PostgresMajor } from "../../runner/postgres/majors";
import { addDirective, copySqlFolder } from "./sqlFolder";

/** A step of a later directive. */
export interface LaterStep {
  readonly what: string;
  /** Its statements, without their semicolons. */
  readonly sql: string | readonly string[];
  /** What takes it back, without the last semicolon; where nothing does, the reason is in `irreversible`. */
  readonly inverse?: string;
  readonly irreversible?: string;
}

/**
 * A copy of sql/ with a further directive of these steps, section_1 and on, over an application's tables; not locked yet.
 *
 * @param folder a copy that is there already
 */
export async function laterDirective(
  application: string,
  steps: readonly LaterStep[],
  folder = copySqlFolder(),
  directive = "ad_006",
): Promise<string> {
  const baseline = `SET ROLE postgres;\n${application}RESET ROLE;\n`;
  writeFileSync(join(folder, "dev_baseline", "900_application.sql"), baseline);
  mkdirSync(join(folder, directive, "rollback"), { recursive: true });
  const sql = steps.flatMap((step) => step.sql);
  await addDirective(folder, directive, sql.map((one) => `${one};\n`).join(""), [], (manifest) => {
    let last = 0;
    manifest.steps = steps.map((step, index) => {
      const id = `section_${String(index + 1)}`;
      const file = `rollback/${id}.sql`;
      const { what: title, inverse, irreversible } = step;
      if (inverse !== undefined) {
        writeFileSync(join(folder, directive, file), `${inverse};\n`);
      }
      const first = last + 1;
      last += [step.sql].flat().length;
      return {
        id,
        kind: "section",
        title,
        reason: "a kind of statement",
        file: "directive.sql",
        statements: [first, last],
        ...(inverse === undefined ? { irreversible } : { inverse: { file } }),
      };
    });
  });
  return folder;
}

/** Finds out on a throwaway server of one major what that directive does, and records it. */
export async function lockLater(
  folder: string,
  major: PostgresMajor,
  directive = "ad_006",
): Promise<void> {
  const lock = await lockDirective(folder, directive, undefined, [{ major, defaults: "closed" }]);
  writeFileSync(lockFile(folder, directive), lockText(lock));
}
