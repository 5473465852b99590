import { cpSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { parse, stringify } from "yaml";
import { sha256 } from "../../runner/base/sha256";
import { takeSnapshot } from "../../runner/catalog/snapshot";
import { definedObjects } from "../../runner/directive/definitions";
import { loadDirectives } from "../../runner/directive/directive";
import { executeSteps } from "../../runner/execute/executeStep";
import { SQL_FOLDER } from "./directive";
import type { TestServer } from "./postgres";
import { stepOf, type ManifestStepText, type ManifestText } from "./sqlFolder";

/** As many as a manifest holds: more are further directives. */
const SECTIONS_OF_A_DIRECTIVE = 1_000;

const MATRIX = { roles: { v7_ci: "Reads nothing here" }, schemas: {}, tables: {} };

/** So many migrations, one statement each: small tables. */
export function manyStatements(count: number): readonly string[] {
  return Array.from(
    { length: count },
    (_, n) =>
      `CREATE TABLE public.many_${String(n + 1)} (id bigint PRIMARY KEY, name text NOT NULL, made_at timestamptz DEFAULT now());`,
  );
}

/**
 * Fills a folder `sql`: the runner's own schema, and these statements as a section each. What its catalog must be afterwards is
 * read from a database of this server on which they ran by themselves.
 */
export async function manySections(
  server: TestServer,
  count: number,
  folder: string,
): Promise<void> {
  const statements = manyStatements(count);
  for (let first = 0; first < count; first += SECTIONS_OF_A_DIRECTIVE) {
    const name = `ad_${String(5 + first / SECTIONS_OF_A_DIRECTIVE).padStart(3, "0")}`;
    const before = first === 0 ? [copyControl(join(folder, name))] : [];
    writeDirective(folder, name, before, statements.slice(first, first + SECTIONS_OF_A_DIRECTIVE));
  }
  writeFileSync(join(folder, "ad_005", "access.yaml"), stringify(MATRIX));
  const { steps } = await loadDirectives(folder, []);
  const database = await server.createDatabase({ shape: "supabase" });
  const client = await database.connect();
  await executeSteps(client, steps);
  writeExpected(
    folder,
    "ad_005",
    await takeSnapshot(client, definedObjects(steps), database.owner),
  );
}

/** The step that makes the runner's own schema, with its files. */
function copyControl(directive: string): ManifestStepText {
  const own = join(SQL_FOLDER, "ad_005");
  for (const file of ["amendments/v7_control.sql", "rollback/v7_control.sql", "approvals"]) {
    cpSync(join(own, file), join(directive, file), { recursive: true });
  }
  return stepOf(
    parse(readFileSync(join(own, "manifest.yaml"), "utf8")) as ManifestText,
    "v7_control",
  );
}

function writeDirective(
  folder: string,
  directive: string,
  before: readonly ManifestStepText[],
  statements: readonly string[],
): void {
  mkdirSync(join(folder, directive, "verify"), { recursive: true });
  const text = statements.join("");
  writeFileSync(join(folder, directive, "directive.sql"), text);
  const sections = statements.map((statement, index) => ({
    id: `section_${String(index + 1)}`,
    kind: "section",
    title: "A table",
    reason: "Article 1",
    file: "directive.sql",
    statements: [index + 1, index + 1],
    sha256: digestOf(statement),
  }));
  writeFileSync(
    join(folder, directive, "manifest.yaml"),
    stringify({
      directive,
      title: "Many tables",
      sha256: digestOf(text),
      steps: [...before, ...sections],
    }),
  );
  writeExpected(folder, directive, {});
}

function writeExpected(
  folder: string,
  directive: string,
  required: Readonly<Record<string, unknown>>,
): void {
  writeFileSync(
    join(folder, directive, "verify", "expected.json"),
    JSON.stringify({ required, amendments: {} }),
  );
}

function digestOf(text: string): string {
  return sha256(Buffer.from(text, "utf8"));
}
