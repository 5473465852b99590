import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { stringify } from "yaml";
import { fault } from "../base/fault";
import { visible } from "../base/visible";
import { findDirectives } from "../directive/directive";

/** The files of a new directive, by name. */
const FILES: Readonly<Record<string, (name: string, title: string) => string>> = {
  "manifest.yaml": manifestText,
  "directive.sql": (name, title) => `-- Directive ${name}: ${title}
-- Paste its SQL below, as it was given: what is in this file is what runs, to the byte.
`,
  "access.yaml": (name) => `# What ${name} adds to the access matrix: docs/access.md.
# Roles of earlier directives are granted to as they are, and not named again. \`lock\` refuses a grant on what is not there.
roles: {}
schemas: {}
tables: {}
`,
  "findings.yaml": (
    name,
  ) => `# What The Architect should know of the SQL of ${name}: the packet of a plan shows it.
# A finding has a title, a text, and where amendments answer it, a list of their ids under \`amendments\`.
findings: []
`,
};

const FOLDERS = ["amendments", "rollback"];

function manifestText(name: string, title: string): string {
  return `# The steps of ${name}, in the order in which they run: docs/sql.md. No digests: \`npx v7 directive lock ${name}\` records them.
#
# A section is a part of directive.sql: all of it, or with \`statements: [first, last]\` some of its statements, counted from 1.
# Amendments, amendments/NAME.sql, are steps of kind amendment. A step says what takes it back,
# \`inverse: { file: rollback/section_1.sql }\`, or why nothing does, \`irreversible: the reason\`.
${stringify({ directive: name, title })}steps:
  - id: section_1
    kind: section
    title: All of the directive
    reason: The directive's only article
    file: directive.sql
`;
}

/**
 * Makes the folder of a new directive, with all of its files; the author adds the SQL.
 *
 * @param name with a higher number than the last directive's: ad_006 after ad_005
 * @returns the names of the files
 * @throws COMMAND_INVALID where the name or the title is not valid, or the folder exists
 */
export function newDirective(sqlFolder: string, name: string, title: string): readonly string[] {
  expectTitle(title);
  expectName(name, findDirectives(sqlFolder));
  const folder = join(sqlFolder, name);
  makeFolder(folder, name);
  try {
    FOLDERS.forEach((one) => {
      mkdirSync(join(folder, one));
    });
    for (const [file, text] of Object.entries(FILES)) {
      writeFileSync(join(folder, file), text(name, title.trim()));
    }
  } catch (error) {
    rmSync(folder, { recursive: true, force: true });
    throw error;
  }
  return Object.keys(FILES);
}

function makeFolder(folder: string, name: string): void {
  try {
    mkdirSync(folder);
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code !== "EEXIST") {
      throw cause;
    }
    throw invalid(`sql/${name}, which is there`, "a directive that is not there yet", cause);
  }
}

/** Refuses a name whose number is not higher than all others: directives run in the order of their numbers. */
function expectName(name: string, known: readonly string[]): void {
  const last = known.at(-1) ?? "";
  const number = Number(/^ad_(\d{3,6})$/.exec(name)?.[1] ?? 0);
  if (known.includes(name)) {
    throw invalid(`sql/${name}, which is there`, "a directive that is not there yet");
  }
  if (name !== `ad_${String(number).padStart(3, "0")}`) {
    throw invalid(
      `the name "${name}"`,
      "ad_ and the directive's number, in at least three digits: ad_006",
    );
  }
  if (number <= Number(last.slice(3))) {
    throw invalid(`the name "${name}"`, `one behind ${last}, as directives run in order`);
  }
}

/** Refuses a title that is not one line of visible characters: it goes into a comment of the SQL file, and into the packet. */
function expectTitle(title: string): void {
  const line = title.trim();
  if (line === "") {
    throw invalid("an empty title", "a line that says what the directive is for");
  }
  if (/[\r\n\t]/.test(line) || visible(line) !== line) {
    throw invalid(`the title ${JSON.stringify(line)}`, "one line of text");
  }
}

function invalid(found: string, expected: string, cause?: unknown): Error {
  return fault("COMMAND_INVALID", {
    what: "making a directive",
    found,
    expected,
    remedy: "Correct the command: npx v7 directive new --help",
    cause,
  });
}
