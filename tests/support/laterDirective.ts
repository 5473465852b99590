import { mkdirSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import type { Client } from "pg";
import { lockDirective } from "../../runner/authoring/lockDirective";
import { lockText } from "../../runner/authoring/lockText";
import { lockFile } from "../../runner/directive/readLock";
import type { StepKind } from "../../runner/model";
import type { PostgresMajor } from "../../runner/postgres/majors";
import { applyRequest, SQL_FOLDER, type TestRequest } from "./directive";
import { carriedOut } from "./drift";
import type { TestServer } from "./postgres";
import { addDirective, copySqlFolder, type ManifestStepText } from "./sqlFolder";

/** A step of a directive that a test writes: a section's SQL is put into directive.sql, another's into a file of its own. */
export interface LaterStep {
  /** Default: section_1 and on, by its place among all steps. */
  readonly id?: string;
  /** Default: section. */
  readonly kind?: StepKind;
  /** Its title. Default: its id. */
  readonly what?: string;
  /** Its statements, without their semicolons. */
  readonly sql: string | readonly string[];
  /** The SQL of its inverse, without the last semicolon. */
  readonly inverse?: string;
  /** The reason why it has no inverse. */
  readonly irreversible?: string;
}

/**
 * A copy of sql/ with a further directive of these steps over an application's tables; not locked yet.
 *
 * @param folder a copy that exists already
 */
export async function laterDirective(
  application: string,
  steps: readonly LaterStep[],
  folder = copySqlFolder(),
  directive = "ad_006",
): Promise<string> {
  const write = (file: string, text: string): void => {
    mkdirSync(dirname(join(folder, directive, file)), { recursive: true });
    writeFileSync(join(folder, directive, file), text);
  };
  writeApplication(folder, application);
  const sections: string[] = [];
  const manifestSteps = steps.map((step, index): ManifestStepText => {
    const { id = `section_${String(index + 1)}`, kind = "section", what = id } = step;
    const sql = [step.sql].flat();
    const first = sections.length + 1;
    if (kind === "section") {
      sections.push(...sql);
    } else {
      write(`amendments/${id}.sql`, sql.map((one) => `${one};\n`).join(""));
    }
    if (step.inverse !== undefined) {
      write(`rollback/${id}.sql`, `${step.inverse};\n`);
    }
    return {
      id,
      kind,
      title: what,
      reason: "a test",
      ...(kind === "section"
        ? { file: "directive.sql", statements: [first, sections.length] }
        : { file: `amendments/${id}.sql` }),
      ...(step.inverse === undefined
        ? { irreversible: step.irreversible ?? "a test says so" }
        : { inverse: { file: `rollback/${id}.sql` } }),
    };
  });
  const text = sections.map((one) => `${one};\n`).join("");
  await addDirective(folder, directive, text, [], (manifest) => {
    manifest.steps = manifestSteps;
  });
  return folder;
}

/** Adds an application's tables to the baseline. */
export function writeApplication(folder: string, application: string): void {
  const baseline = `SET ROLE postgres;\n${application}RESET ROLE;\n`;
  writeFileSync(join(folder, "dev_baseline", "900_application.sql"), baseline);
}

/** Runs that directive on a throwaway server of one major, and locks what it does. */
export async function lockLater(
  folder: string,
  major: PostgresMajor,
  directive = "ad_006",
): Promise<void> {
  const lock = await lockDirective(folder, directive, undefined, [{ major, defaults: "closed" }]);
  writeFileSync(lockFile(folder, directive), lockText(lock));
}

/** A database on which the later directive has not been applied yet, and the request to apply it. */
export interface BeforeLater {
  readonly request: TestRequest;
  readonly client: Client;
}

/** A database with ad_005 and these rows of the application, before a directive of one step that is locked. */
export async function beforeLater(
  server: TestServer,
  given: { major: PostgresMajor; application: string; step: LaterStep; rows: string },
): Promise<BeforeLater> {
  const folder = await laterDirective(given.application, [given.step]);
  await lockLater(folder, given.major);
  const { database } = await carriedOut(server, SQL_FOLDER, given.application);
  const client = await database.connect();
  await client.query(given.rows);
  return { request: await applyRequest(database, folder), client };
}
