import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { unlessFault } from "../../runner/base/fault";
import { sha256 } from "../../runner/base/sha256";
import { loadDirectives } from "../../runner/directive/directive";
import { evidenceOf, type Evidence } from "./evidence";

/** Of Article 3's block of SQL in the original directive; not computed from our files. */
const ARTICLE_3_SHA256 = "e4f16b9ff6fcca154104c5cb7a81adb3e9c3cb2f5d0f20ebab9f2db811f4e848";
const SCRIPT = "sql/ad_005/directive.sql";
const DIRECTIVE = "docs/ARCHITECTURAL_DIRECTIVE_005.md";
const WORKFLOW = "docs/V7_Migration/04_Database_Phase/DATABASE_WORKFLOW.md";
const SQL_BLOCK = /^```sql\n([\s\S]*?^)```$/m;

/** The headings of Article 4's six points in DATABASE_WORKFLOW.md. */
const PARTS = ["4.1", "4.2", "4.3", "4.4", "4.5", "4.6"];

/** Evidence that the SQL scripts have the directive's bytes. Reads files only. */
export async function scriptsEvidence(projectFolder: string): Promise<Evidence[]> {
  const script = digestIn(projectFolder, SCRIPT, (text) => text);
  const article = digestIn(projectFolder, DIRECTIVE, (text) => SQL_BLOCK.exec(text)?.[1]);
  return [
    {
      subject: "scripts",
      claim: `${SCRIPT} is Article 3, to the byte`,
      isSo: script === ARTICLE_3_SHA256,
      found: [`sha256 ${script ?? "none: no such file"}`],
    },
    {
      subject: "scripts",
      claim: `the SQL block of ${DIRECTIVE} is the same bytes`,
      isSo: article !== undefined && article === script,
      found: [`sha256 ${article ?? "none: no such block"}`],
    },
    await manifestEvidence(projectFolder),
  ];
}

/** Evidence about every SQL file: loading the directives compares each file's bytes with the lock. */
async function manifestEvidence(projectFolder: string): Promise<Evidence> {
  const claim = "every SQL file has the bytes that its manifest names";
  return await unlessFault(
    async () => {
      const { allSteps } = await loadDirectives(join(projectFolder, "sql"), []);
      const files = allSteps.flatMap(({ directive, id, kind, file, sha256: digest, inverse }) => [
        kind === "section"
          ? `sql/${directive}/${file}, ${id}: ${digest}`
          : `sql/${directive}/${file}: ${digest}`,
        ...(inverse === undefined ? [] : [`sql/${directive}/${inverse.file}: ${inverse.sha256}`]),
      ]);
      return evidenceOf("scripts", claim, [], files);
    },
    ({ message }) => evidenceOf("scripts", claim, [message], []),
  );
}

/** Evidence that DATABASE_WORKFLOW.md has Article 4's six parts, none empty. Reads files only. */
export function workflowEvidence(projectFolder: string): Evidence {
  const text = textIn(projectFolder, WORKFLOW) ?? "";
  const parts = text.split(/^## /m).slice(1);
  const found = PARTS.map((number) => {
    const part = parts.find((one) => one.startsWith(`${number} `));
    const [heading = "", ...body] = part?.split("\n") ?? [];
    const isEmpty = body.join("").trim() === "";
    return { number, heading, isThere: part !== undefined && !isEmpty };
  });
  const missing = found.filter(({ isThere }) => !isThere);
  return evidenceOf(
    "workflow",
    `${WORKFLOW} has Article 4's six parts, none of them empty`,
    missing.map(({ number }) => `no ${number}, or nothing in it`),
    [...found.map(({ heading }) => heading), `sha256 ${sha256(text)}`],
  );
}

function digestIn(
  projectFolder: string,
  path: string,
  part: (text: string) => string | undefined,
): string | undefined {
  const text = textIn(projectFolder, path);
  const chosen = text === undefined ? undefined : part(text);
  return chosen === undefined ? undefined : sha256(chosen);
}

function textIn(projectFolder: string, path: string): string | undefined {
  const file = join(projectFolder, path);
  return existsSync(file) ? readFileSync(file, "utf8") : undefined;
}
