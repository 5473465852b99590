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
import { sectionRanges } from "./sectionRanges";
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
  const files = new DirectiveFiles(folder, directive, lock);
  const sectionsFile = files.read("directive.sql");
  const sections = await files.cut(
    "directive.sql",
    sectionsFile,
    lock?.steps.flatMap(({ kind, statements }) => (kind === "section" ? statements : [])),
  );
  const ranges = sectionRanges(directive, file.steps, sections.length);
  const steps: Step[] = [];
  for (const [index, written] of file.steps.entries()) {
    const range = ranges[index];
    const bytes = range === undefined ? files.read(written.file) : sectionsFile;
    const locked = lock === undefined ? undefined : lockedStep(lock, written);
    const statements =
      range === undefined
        ? await files.cut(written.file, bytes, locked?.statements)
        : sections.slice(...range);
    await expectStatements(directive, written, locked, statements);
    const source = bytes.toString("utf8");
    steps.push(await makeStep(files, written, locked, { statements, source }));
  }
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

/** @throws MANIFEST_INVALID where they are not those of the step's kind, or of the step's entry in the lock */
async function expectStatements(
  directive: string,
  step: ManifestStep,
  locked: LockedStep | undefined,
  statements: readonly Statement[],
): Promise<void> {
  if (locked === undefined) {
    await expectKind(step, directive, statements);
  } else if (!statements.every((one, index) => one.locked === locked.statements[index])) {
    throw otherSteps(directive, `no step "${step.id}" as the manifest has it`);
  }
}

async function makeStep(
  files: DirectiveFiles,
  { inverse, ...written }: ManifestStep,
  locked: LockedStep | undefined,
  { statements, source }: Pick<Step, "statements" | "source">,
): Promise<Step> {
  const bytes = Buffer.concat(statements.map((statement) => statement.bytes));
  return {
    ...written,
    directive: files.directive,
    sha256: sha256(bytes),
    syntax: locked?.syntax ?? (await syntaxDigest(statements)),
    statements,
    ...(statements.some(addsValue) ? { addsValue: true } : {}),
    bytes,
    source,
    ...(inverse && { inverse: await readInverse(files, inverse.file, locked) }),
  };
}

async function readInverse(
  files: DirectiveFiles,
  file: string,
  locked: LockedStep | undefined,
): Promise<Inverse> {
  const bytes = files.read(file);
  const known = locked?.inverse.proof === "proved" ? locked.inverse.statements : [];
  const statements = await files.cut(file, bytes, known);
  return { file, sha256: sha256(bytes), statements, source: bytes.toString("utf8") };
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

/** The files of a directive's folder: exactly the bytes that were locked. Without a lock, for the author, as they are. */
class DirectiveFiles {
  public constructor(
    private readonly folder: string,
    public readonly directive: string,
    private readonly lock: Lock | undefined,
  ) {}

  /** @throws MANIFEST_INVALID where it cannot be read, DIRECTIVE_CHANGED where it is not what was locked */
  public read(name: string): Buffer {
    const bytes = readFile(this.folder, name);
    if (this.lock !== undefined) {
      expectLocked(this.lock, name, bytes);
    }
    return bytes;
  }

  /**
   * Cuts a file at the lock's offsets, or without a lock by PostgreSQL's parser.
   *
   * @param locked the lock's statements of that file
   * @throws MANIFEST_INVALID, SQL_UNPARSABLE
   */
  public async cut(
    name: string,
    bytes: Buffer,
    locked: readonly LockedStatement[] = [],
  ): Promise<readonly Statement[]> {
    return this.lock === undefined
      ? await cutByParser(this.directive, name, bytes)
      : cutAsLocked(this.directive, name, bytes, locked);
  }
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
