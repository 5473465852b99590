import { readFileSync } from "node:fs";
import { join, normalize, sep } from "node:path";
import { fault } from "../base/fault";
import { sha256 } from "../base/sha256";
import type { Inverse, Statement, Step } from "../model";
import { sliceStatements } from "../sql/statements";
import { unreadable } from "./directiveYaml";
import { readManifestFile, type ManifestStep } from "./manifestFile";
import { expectConcurrent, refuseForeignStatements } from "./statementRules";

export interface Manifest {
  /** `ad_005` */
  readonly directive: string;
  readonly title: string;
  /** Of directive.sql, whole. */
  readonly sha256: string;
  /** Of manifest.yaml, whole. */
  readonly fileSha256: string;
  readonly steps: readonly Step[];
}

/**
 * Reads sql/<directive>: the steps in the order in which they run, with exactly the bytes that will run.
 *
 * @param sqlFolder the folder `sql`
 * @param directive the directive's folder in it
 * @param isBeingWritten whether its author is at work: the bytes need not be those that the manifest names
 * @throws MANIFEST_INVALID where the manifest is not right, or names a file that is not there
 * @throws DIRECTIVE_CHANGED where a file's bytes are not those that the manifest names
 * @throws SQL_UNPARSABLE where a file is not SQL
 */
export async function loadManifest(
  sqlFolder: string,
  directive: string,
  isBeingWritten = false,
): Promise<Manifest> {
  const expectDigest = isBeingWritten ? () => undefined : expectBytes;
  const folder = join(sqlFolder, directive);
  const file = readManifestFile(folder, directive);
  const sectionsFile = readFile(folder, "directive.sql");
  expectDigest(directive, "directive.sql", sectionsFile, file.sha256);
  const sections = await sliceStatements(`sql/${directive}/directive.sql`, sectionsFile);
  const sectionsText = sectionsFile.toString("utf8");
  const steps: Step[] = [];
  let nextStatement = 1;
  for (const step of file.steps) {
    const own = step.kind === "section" ? sectionsFile : readFile(folder, step.file);
    let statements: readonly Statement[];
    if (step.kind === "section") {
      const [first, last] = step.statements;
      expectOrder(directive, step.id, first, nextStatement);
      nextStatement = last + 1;
      statements = sections.slice(first - 1, last);
    } else {
      expectDigest(directive, step.file, own, step.sha256);
      statements = await sliceStatements(`sql/${directive}/${step.file}`, own);
    }
    const bytes = Buffer.concat(statements.map((statement) => statement.bytes));
    expectDigest(
      directive,
      step.kind === "section" ? `${step.file}, ${step.id}` : step.file,
      bytes,
      step.sha256,
    );
    refuseForeignStatements(directive, step.file, statements);
    expectConcurrent(step, directive, statements);
    const inverse = await loadInverse(folder, directive, step, expectDigest);
    steps.push({
      directive,
      id: step.id,
      kind: step.kind,
      title: step.title,
      reason: step.reason,
      required: step.required,
      file: step.file,
      sha256: sha256(bytes),
      statements,
      bytes,
      source: step.kind === "section" ? sectionsText : own.toString("utf8"),
      ...(step.formerly === undefined ? {} : { formerly: step.formerly }),
      ...(inverse === undefined ? {} : { inverse }),
      ...(step.irreversible === undefined ? {} : { irreversible: step.irreversible }),
    });
  }
  expectOrder(directive, "the last section", nextStatement, sections.length + 1);
  return {
    directive,
    title: file.title,
    sha256: file.sha256,
    fileSha256: file.fileSha256,
    steps,
  };
}

async function loadInverse(
  folder: string,
  directive: string,
  step: ManifestStep,
  expectDigest: typeof expectBytes,
): Promise<Inverse | undefined> {
  if (step.inverse === undefined) {
    return undefined;
  }
  const bytes = readFile(folder, step.inverse.file);
  expectDigest(directive, step.inverse.file, bytes, step.inverse.sha256);
  const statements = await sliceStatements(`sql/${directive}/${step.inverse.file}`, bytes);
  refuseForeignStatements(directive, step.inverse.file, statements);
  return {
    file: step.inverse.file,
    sha256: sha256(bytes),
    statements,
    source: bytes.toString("utf8"),
  };
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

function expectBytes(directive: string, name: string, bytes: Buffer, expected: string): void {
  const found = sha256(bytes);
  if (found !== expected) {
    throw fault("DIRECTIVE_CHANGED", {
      what: `checking "sql/${directive}/${name}"`,
      found: `sha256 ${found}`,
      expected: `${expected} as manifest.yaml says`,
      remedy: "Restore the file from version control; what runs must be the directive's bytes",
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
