import { readFileSync } from "node:fs";
import { join } from "node:path";
import { parseDocument } from "yaml";
import { fault } from "../base/fault";
import { sha256 as sha256Of } from "../base/sha256";
import { isSha256 } from "../base/untrustedText";

interface StepBase {
  readonly id: string;
  readonly title: string;
  readonly reason: string;
  readonly required: boolean;
  readonly file: string;
  readonly sha256: string;
  /** Of bytes that ran under this id before: where they ran, the step has been applied. */
  readonly formerly?: readonly string[];
  readonly inverse?: { readonly file: string; readonly sha256: string };
}

/**
 * What a step is. `concurrent`: CREATE INDEX CONCURRENTLY, which runs after the transaction. `population`: rows; its
 * inverse takes back those that nobody has changed since.
 */
export type StepKind = "section" | "amendment" | "population" | "concurrent";
const STEP_KINDS: readonly StepKind[] = ["section", "amendment", "population", "concurrent"];

/** A step as manifest.yaml writes it down: a section is a range of statements, everything else a whole file. */
export type ManifestStep =
  | (StepBase & { readonly kind: "section"; readonly statements: readonly [number, number] })
  | (StepBase & { readonly kind: Exclude<StepKind, "section"> });

export interface ManifestFile {
  readonly title: string;
  readonly sha256: string;
  /** Of manifest.yaml itself, byte for byte. */
  readonly fileSha256: string;
  readonly steps: readonly ManifestStep[];
}

/**
 * Reads and checks manifest.yaml's own shape; the files that it names are `loadManifest`'s business.
 *
 * @throws MANIFEST_INVALID with every fault of the file, not only the first
 */
export function readManifestFile(folder: string, directive: string): ManifestFile {
  const name = `sql/${directive}/manifest.yaml`;
  const bytes = readBytes(folder, name);
  const document = parseDocument(bytes.toString("utf8"));
  const faults = document.errors.map((error) => error.message.split("\n")[0] ?? "");
  const root: unknown = faults.length === 0 ? document.toJS() : undefined;
  const steps = faults.length === 0 ? checkRoot(root, directive, faults) : [];
  if (faults.length > 0) {
    throw fault("MANIFEST_INVALID", {
      what: `reading "${name}"`,
      found: faults.join("; "),
      remedy: "Correct the manifest; docs/sql.md says what it holds",
    });
  }
  const { title, sha256 } = root as { title: string; sha256: string };
  return { title, sha256, fileSha256: sha256Of(bytes), steps };
}

function readBytes(folder: string, name: string): Buffer {
  try {
    return readFileSync(join(folder, "manifest.yaml"));
  } catch (cause) {
    throw fault("MANIFEST_INVALID", {
      what: `reading "${name}"`,
      found:
        (cause as NodeJS.ErrnoException).code === "ENOENT"
          ? "no such file"
          : "a file that cannot be read",
      remedy: "Restore it from version control",
      cause,
    });
  }
}

function checkRoot(root: unknown, directive: string, faults: string[]): ManifestStep[] {
  if (!isObject(root)) {
    faults.push("no mapping at the top");
    return [];
  }
  refuseOtherKeys(root, ["directive", "title", "sha256", "steps"], "the top", faults);
  if (root["directive"] !== directive) {
    faults.push(`directive is not "${directive}", the folder's name`);
  }
  expectText(root, "title", "the top", faults);
  expectSha256(root, "the top", faults);
  const steps = root["steps"];
  if (!Array.isArray(steps) || steps.length === 0) {
    faults.push("steps is not a list with at least one step");
    return [];
  }
  const ids = new Set<unknown>();
  return steps.map((step: unknown, index) => {
    const where =
      isObject(step) && typeof step["id"] === "string"
        ? `step "${step["id"]}"`
        : `step ${String(index + 1)}`;
    if (!isObject(step)) {
      faults.push(`${where} is not a mapping`);
      return {} as ManifestStep;
    }
    if (ids.has(step["id"])) {
      faults.push(`${where} is there twice`);
    }
    ids.add(step["id"]);
    return checkStep(step, where, faults);
  });
}

function checkStep(step: Record<string, unknown>, where: string, faults: string[]): ManifestStep {
  const isSection = step["kind"] === "section";
  const keys = [
    "id",
    "kind",
    "title",
    "reason",
    "required",
    "file",
    "sha256",
    "formerly",
    "inverse",
  ];
  refuseOtherKeys(step, isSection ? [...keys, "statements"] : keys, where, faults);
  if (typeof step["id"] !== "string" || !/^[a-z][a-z0-9_]{0,62}$/.test(step["id"])) {
    faults.push(`${where}: id is not lower-case letters, digits and underscores`);
  }
  if (!STEP_KINDS.includes(step["kind"] as StepKind)) {
    faults.push(`${where}: kind is not section, amendment, population or concurrent`);
  }
  for (const key of ["title", "reason", "file"]) {
    expectText(step, key, where, faults);
  }
  expectSha256(step, where, faults);
  const { inverse, statements, formerly = [], required = true } = step;
  if (typeof required !== "boolean") {
    faults.push(`${where}: required is not true or false`);
  }
  if (!Array.isArray(formerly) || !formerly.every((one) => isSha256(one))) {
    faults.push(`${where}: formerly is not a list of sha256, 64 hexadecimal digits each`);
  }
  if (inverse !== undefined) {
    if (isObject(inverse)) {
      refuseOtherKeys(inverse, ["file", "sha256"], `${where}, inverse`, faults);
      expectText(inverse, "file", `${where}, inverse`, faults);
      expectSha256(inverse, `${where}, inverse`, faults);
    } else {
      faults.push(`${where}: inverse is not a mapping`);
    }
  }
  if (isSection) {
    const range: unknown[] = Array.isArray(statements) ? statements : [];
    const [first, last] = range;
    if (
      range.length !== 2 ||
      !Number.isInteger(first) ||
      !Number.isInteger(last) ||
      (first as number) > (last as number)
    ) {
      faults.push(`${where}: statements is not [first, last]`);
    }
    if (step["file"] !== "directive.sql") {
      faults.push(`${where}: a section's file is directive.sql`);
    }
  }
  return { ...step, required } as unknown as ManifestStep;
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function refuseOtherKeys(
  object: Record<string, unknown>,
  known: string[],
  where: string,
  faults: string[],
): void {
  for (const key of Object.keys(object).filter((one) => !known.includes(one))) {
    faults.push(`${where}: unknown key "${key}"`);
  }
}

function expectText(
  object: Record<string, unknown>,
  key: string,
  where: string,
  faults: string[],
): void {
  if (typeof object[key] !== "string" || object[key].trim() === "") {
    faults.push(`${where}: ${key} is missing`);
  }
}

function expectSha256(object: Record<string, unknown>, where: string, faults: string[]): void {
  if (!isSha256(object["sha256"])) {
    faults.push(`${where}: sha256 is not 64 hexadecimal digits`);
  }
}
