import { cpSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { parse, stringify } from "yaml";
import { LOCKED_BY } from "../../runner/directive/lock";
import type { CatalogObject } from "../../runner/model";
import { SQL_FOLDER } from "./directive";
import { relock, type MadeUp } from "./relock";
import { stepOf, type ManifestStepText, type ManifestText } from "./sqlFolder";

/** The largest number of sections in one manifest: more migrations need more directives. */
const SECTIONS_OF_A_DIRECTIVE = 1_000;

const MATRIX = { roles: { v7_ci: "Reads nothing here" }, schemas: {}, tables: {} };

/** A number of migrations with one statement each, which makes a small table. */
export function manyStatements(count: number): readonly string[] {
  return Array.from(
    { length: count },
    (_, n) =>
      `CREATE TABLE public.many_${String(n + 1)} (id bigint PRIMARY KEY, name text NOT NULL, made_at timestamptz DEFAULT now());`,
  );
}

/**
 * Fills a folder `sql`: the runner's own schema, and these statements as a section each, with the lock that `v7 directive
 * lock` would write for them.
 */
export async function manySections(count: number, folder: string): Promise<void> {
  const statements = manyStatements(count);
  for (let first = 0; first < count; first += SECTIONS_OF_A_DIRECTIVE) {
    const name = `ad_${String(5 + first / SECTIONS_OF_A_DIRECTIVE).padStart(3, "0")}`;
    const before = first === 0 ? [copyControl(join(folder, name))] : [];
    const own = statements.slice(first, first + SECTIONS_OF_A_DIRECTIVE);
    writeDirective(folder, name, before, own);
    if (first === 0) {
      writeFileSync(join(folder, "ad_005", "access.yaml"), stringify(MATRIX));
    }
    await relock(
      folder,
      name,
      Object.fromEntries(
        own.map((_, index) => [`section_${String(index + 1)}`, [tableMade(first + index + 1)]]),
      ),
    );
  }
}

/** The change of one of the statements, as its lock has it. */
function tableMade(n: number): MadeUp {
  const name = `many_${String(n)}`;
  const of = { kind: "table", name, schema: "public" };
  const key = `${name}_pkey`;
  const column = (called: string, properties: CatalogObject["properties"]): CatalogObject => ({
    id: { kind: "column", name: called, of },
    properties,
  });
  return {
    tag: "CREATE TABLE",
    added: [
      { id: of, properties: { owner: LOCKED_BY } },
      column("id", { notNull: true, type: "bigint" }),
      column("name", { after: "id", notNull: true, type: "text" }),
      column("made_at", { after: "name", default: "now()", type: "timestamp with time zone" }),
      { id: { kind: "constraint", name: key, of }, properties: { definition: "PRIMARY KEY (id)" } },
      {
        id: { kind: "index", name: key, of },
        properties: {
          constraint: key,
          definition: `CREATE UNIQUE INDEX ${key} ON public.${name} USING btree (id)`,
        },
      },
    ],
  };
}

/** The step that makes the runner's own schema, with its files. */
function copyControl(directive: string): ManifestStepText {
  const own = join(SQL_FOLDER, "ad_005");
  for (const file of [
    "amendments/v7_control.sql",
    "rollback/v7_control.sql",
    "approvals",
    "lock.json",
  ]) {
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
  mkdirSync(join(folder, directive), { recursive: true });
  writeFileSync(join(folder, directive, "directive.sql"), statements.join(""));
  const sections = statements.map((_, index) => ({
    id: `section_${String(index + 1)}`,
    kind: "section",
    title: "A table",
    reason: "Article 1",
    file: "directive.sql",
    statements: [index + 1, index + 1],
  }));
  writeFileSync(
    join(folder, directive, "manifest.yaml"),
    stringify({
      directive,
      title: "Many tables",
      steps: [...before, ...sections],
    }),
  );
}
