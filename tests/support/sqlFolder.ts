import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parse, stringify } from "yaml";
import { sha256 } from "../../runner/base/sha256";

/** The project's own folder `sql`. */
export const SQL_FOLDER = join(__dirname, "..", "..", "sql");

/** manifest.yaml, as far as tests change it. */
export interface ManifestText {
  directive: string;
  title: string;
  sha256: string;
  steps: ManifestStepText[];
  [key: string]: unknown;
}
export interface ManifestStepText {
  id: string;
  kind: string;
  file: string;
  sha256: string;
  statements?: unknown;
  inverse?: { file: string; sha256: string };
  [key: string]: unknown;
}

const folders: string[] = [];

/** A copy of sql/ad_005 in a folder of its own, to be changed at will; `removeCopies` takes it away. */
export function copySqlFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), "v7-sql-"));
  folders.push(folder);
  cpSync(join(SQL_FOLDER, "ad_005"), join(folder, "ad_005"), { recursive: true });
  return folder;
}

export function removeCopies(): void {
  for (const folder of folders.splice(0)) {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Changes a copy's manifest.yaml. */
export function editManifest(folder: string, edit: (manifest: ManifestText) => void): void {
  const path = join(folder, "ad_005", "manifest.yaml");
  const manifest = parse(readFileSync(path, "utf8")) as ManifestText;
  edit(manifest);
  writeFileSync(path, stringify(manifest));
}

/** Adds a further directive of one section to a copy. */
export function addDirective(
  folder: string,
  name: string,
  sql: string,
  expected: Readonly<Record<string, unknown>> = {},
  edit: (manifest: ManifestText) => void = () => undefined,
): void {
  mkdirSync(join(folder, name, "verify"), { recursive: true });
  writeFileSync(join(folder, name, "directive.sql"), sql);
  const digest = sha256(Buffer.from(sql, "utf8"));
  const manifest: ManifestText = {
    directive: name,
    title: `Directive ${name}`,
    sha256: digest,
    steps: [
      {
        id: "section_1",
        kind: "section",
        title: "Its one section",
        reason: "Article 1",
        file: "directive.sql",
        statements: [1, 1],
        sha256: digest,
      },
    ],
  };
  edit(manifest);
  writeFileSync(join(folder, name, "manifest.yaml"), stringify(manifest));
  writeFileSync(
    join(folder, name, "verify", "expected.json"),
    JSON.stringify({ required: expected, amendments: {} }),
  );
}

/** The step of that id. */
export function stepOf(manifest: ManifestText, id: string): ManifestStepText {
  const step = manifest.steps.find((one) => one.id === id);
  if (step === undefined) {
    throw new Error(`no step "${id}"`);
  }
  return step;
}

/** Replaces a file of a copy, and gives its sha256. */
export function writeSql(folder: string, file: string, text: string): string {
  writeFileSync(join(folder, "ad_005", file), text);
  return sha256(Buffer.from(text, "utf8"));
}
