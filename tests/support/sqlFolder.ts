import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parse, stringify } from "yaml";
import { relock, type MadeUp } from "./relock";

/** The project's own folder `sql`. */
export const SQL_FOLDER = join(__dirname, "..", "..", "sql");

/** manifest.yaml, as far as tests change it. */
export interface ManifestText {
  directive: string;
  title: string;
  steps: ManifestStepText[];
  [key: string]: unknown;
}
export interface ManifestStepText {
  id: string;
  kind: string;
  file: string;
  statements?: unknown;
  inverse?: { file: string };
  [key: string]: unknown;
}

/** The records of the approval in the manifest of ad_005. */
export const PHASE_4_RECORDS = {
  table: "public.v7_migration_workflow",
  row: { phase_number: 4 },
  set: { approval_status: "approved" },
  approvers: "approved_by",
  notes: "approval_notes",
  time: "updated_at",
};

const folders: string[] = [];

/** A copy of sql/ad_005 and of the baseline, which a test may change; `removeCopies` deletes it. */
export function copySqlFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), "v7-sql-"));
  folders.push(folder);
  for (const name of ["ad_005", "dev_baseline"]) {
    cpSync(join(SQL_FOLDER, name), join(folder, name), { recursive: true });
  }
  return folder;
}

export function removeCopies(): void {
  for (const folder of folders.splice(0)) {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Changes a copy's manifest.yaml. */
export function editManifest(
  folder: string,
  edit: (manifest: ManifestText) => void,
  directive = "ad_005",
): void {
  const path = join(folder, directive, "manifest.yaml");
  const manifest = parse(readFileSync(path, "utf8")) as ManifestText;
  edit(manifest);
  writeFileSync(path, stringify(manifest));
}

/**
 * Adds a further directive of one section to a copy.
 *
 * @param did what the section's statements do, as the test makes it up
 */
export async function addDirective(
  folder: string,
  name: string,
  sql: string,
  did: readonly MadeUp[] = [],
  edit: (manifest: ManifestText) => void = () => undefined,
): Promise<void> {
  mkdirSync(join(folder, name), { recursive: true });
  writeFileSync(join(folder, name, "directive.sql"), sql);
  const manifest: ManifestText = {
    directive: name,
    title: `Directive ${name}`,
    steps: [
      {
        id: "section_1",
        kind: "section",
        title: "Its one section",
        reason: "Article 1",
        file: "directive.sql",
      },
    ],
  };
  edit(manifest);
  writeFileSync(join(folder, name, "manifest.yaml"), stringify(manifest));
  await relock(folder, name, { section_1: did });
}

/** The step of that id. */
export function stepOf(manifest: ManifestText, id: string): ManifestStepText {
  const step = manifest.steps.find((one) => one.id === id);
  if (step === undefined) {
    throw new Error(`no step "${id}"`);
  }
  return step;
}

/** Replaces a file of a copy. */
export function writeSql(folder: string, file: string, text: string): void {
  writeFileSync(join(folder, "ad_005", file), text);
}
