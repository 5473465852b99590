import { readFileSync } from "node:fs";
import { join, normalize, sep } from "node:path";
import { canonicalJson } from "../base/canonicalJson";
import { fault } from "../base/fault";
import { sha256 } from "../base/sha256";
import type { Inverse, LockedStatement, Statement, Step } from "../model";
import { syntaxDigest } from "../sql/expression";
import { unreadable } from "./directiveYaml";
import { expectKind } from "./kindRules";
import type { Lock, LockedStep } from "./lock";
import { cutAsLocked } from "./lockedSlices";
import { readManifestFile, type ManifestStep } from "./manifestFile";
import { readLock } from "./readLock";
import { cutByParser } from "./statementRules";

export interface Manifest {
  /** `ad_005` */
  readonly directive: string;
  readonly title: string;
  /** Of the whole manifest.yaml. */
  readonly fileSha256: string;
  /** Of the whole lock.json; empty where the directive is read for its author. */
  readonly lockSha256: string;
  /** Absent where the directive is read for its author. */
  readonly lock?: Lock;
  /** The optional amendments of earlier directives that this one builds on. */
  readonly amendments: readonly string[];
  readonly steps: readonly Step[];
}

/**
 * Reads sql/<directive>: the steps in the order in which they run, with exactly the bytes that will run.
 *
 * @param sqlFolder the folder `sql`
 * @param directive the directive's folder in it
 * @param isBeingWritten whether it is read for its author: a lock is not needed, and an existing one is ignored
 * @throws MANIFEST_INVALID where the manifest is wrong or names a missing file; where the lock is missing or has other steps
 * @throws DIRECTIVE_CHANGED where a file's bytes differ from those that were locked
 * @throws SQL_UNPARSABLE where a file is not SQL
 */
export async function loadManifest(
  sqlFolder: string,
  directive: string,
  isBeingWritten = false,
): Promise<Manifest> {
  const folder = join(sqlFolder, directive);
  const file = readManifestFile(folder, directive);
  const lock = isBeingWritten ? undefined : readLock(sqlFolder, directive);
  const read = (name: string): Buffer => {
    const bytes = readFile(folder, name);
    if (lock !== undefined) {
      expectLocked(lock, name, bytes);
    }
    return bytes;
  };
  const sectionsFile = read("directive.sql");
  const cut = (
    name: string,
    bytes: Buffer,
    locked: readonly LockedStatement[] = [],
  ): Promise<readonly Statement[]> | readonly Statement[] =>
    lock === undefined
      ? cutByParser(directive, name, bytes)
      : cutAsLocked(directive, name, bytes, locked);
  const loadInverse = async (name: string, locked: LockedStep | undefined): Promise<Inverse> => {
    const bytes = read(name);
    const known = locked?.inverse.proof === "proved" ? locked.inverse.statements : [];
    const statements = await cut(name, bytes, known);
    return { file: name, sha256: sha256(bytes), statements, source: bytes.toString("utf8") };
  };
  const sections = await cut(
    "directive.sql",
    sectionsFile,
    lock?.steps.flatMap(({ kind, statements }) => (kind === "section" ? statements : [])),
  );
  const sectionsText = sectionsFile.toString("utf8");
  const steps: Step[] = [];
  let nextStatement = 1;
  for (const [index, step] of file.steps.entries()) {
    const own = step.kind === "section" ? sectionsFile : read(step.file);
    const locked = lock === undefined ? undefined : lockedStep(lock, step);
    let statements: readonly Statement[];
    if (step.kind === "section") {
      const [first, last] = step.statements ?? [
        nextStatement,
        lastBefore(file.steps.slice(index + 1)) ?? sections.length,
      ];
      expectOrder(directive, step.id, first, nextStatement);
      nextStatement = last + 1;
      statements = sections.slice(first - 1, last);
    } else {
      statements = await cut(step.file, own, locked?.statements);
    }
    if (locked === undefined) {
      await expectKind(step, directive, statements);
    } else if (!statements.every((one, index) => one.locked === locked.statements[index])) {
      throw otherSteps(directive, `no step "${step.id}" as the manifest has it`);
    }
    const bytes = Buffer.concat(statements.map((statement) => statement.bytes));
    const { inverse, ...written } = step;
    steps.push({
      ...written,
      directive,
      sha256: sha256(bytes),
      syntax: locked?.syntax ?? (await syntaxDigest(statements)),
      statements,
      ...(statements.some(addsValue) ? { addsValue: true } : {}),
      bytes,
      source: step.kind === "section" ? sectionsText : own.toString("utf8"),
      ...(inverse && { inverse: await loadInverse(inverse.file, locked) }),
    });
  }
  expectOrder(directive, "the last section", nextStatement, sections.length + 1);
  if (lock !== undefined && lock.steps.length !== steps.length) {
    throw otherSteps(directive, `${String(lock.steps.length)} steps`);
  }
  return {
    directive,
    title: file.title,
    amendments: file.amendments,
    fileSha256: file.fileSha256,
    lockSha256: lock?.fileSha256 ?? "",
    ...(lock === undefined ? {} : { lock }),
    steps,
  };
}

/** The number of the last statement before the next section that names its `statements`. */
function lastBefore(steps: readonly ManifestStep[]): number | undefined {
  const next = steps.find((step) => step.kind === "section");
  return next?.kind === "section" && next.statements !== undefined
    ? next.statements[0] - 1
    : undefined;
}

/** Whether a statement adds a value to an enum that it does not make. */
function addsValue({ locked }: Statement): boolean {
  const added = locked?.added.map(({ id }) => id) ?? [];
  const made = new Set(added.map(canonicalJson));
  return added.some(({ kind, of }) => kind === "label" && of && !made.has(canonicalJson(of)));
}

/** The lock's entry of a step of the manifest. */
function lockedStep(lock: Lock, { id, kind, required, file, inverse }: ManifestStep): LockedStep {
  const locked = lock.steps.find(({ step }) => step === id);
  const lockedInverse = locked?.inverse.proof === "proved" ? locked.inverse.file : undefined;
  if (
    locked?.kind !== kind ||
    locked.required !== required ||
    locked.file !== file ||
    lockedInverse !== inverse?.file
  ) {
    throw otherSteps(lock.directive, `no step "${id}" as the manifest has it`);
  }
  return locked;
}

function otherSteps(directive: string, found: string): Error {
  return fault("MANIFEST_INVALID", {
    what: `reading "sql/${directive}/lock.json"`,
    found,
    expected: "the steps of manifest.yaml",
    remedy: `Run npx v7 directive lock ${directive}`,
  });
}

function readFile(folder: string, name: string): Buffer {
  const path = normalize(join(folder, name));
  if (!path.startsWith(folder + sep)) {
    throw fault("MANIFEST_INVALID", {
      what: "reading manifest.yaml",
      found: `the file name "${name}"`,
      expected: "a file in the directive's own folder",
      remedy: "Name a file below the manifest",
    });
  }
  try {
    return readFileSync(path);
  } catch (cause) {
    throw fault("MANIFEST_INVALID", {
      what: `reading "${name}", which the manifest names`,
      ...unreadable(cause),
      expected: `that file in ${folder}`,
      remedy: "Put the file there, or correct the manifest",
      cause,
    });
  }
}

function expectLocked({ directive, files }: Lock, name: string, bytes: Buffer): void {
  const found = sha256(bytes);
  const expected = Object.hasOwn(files, name) ? files[name] : undefined;
  if (found !== expected) {
    throw fault("DIRECTIVE_CHANGED", {
      what: `checking "sql/${directive}/${name}"`,
      found: `sha256 ${found}`,
      expected:
        expected === undefined ? "a file that lock.json names" : `${expected} as lock.json says`,
      remedy: `Restore the file from version control; what runs must be the directive's bytes. Its author runs npx v7 directive lock ${directive}`,
    });
  }
}

function expectOrder(directive: string, id: string, found: number, expected: number): void {
  if (found !== expected) {
    throw fault("MANIFEST_INVALID", {
      what: `ordering the sections of "sql/${directive}/directive.sql" at ${id}`,
      found: `statement ${String(found)}`,
      expected: `statement ${String(expected)}: every statement once, in the file's order`,
      remedy: "Correct `statements` in manifest.yaml",
    });
  }
}
