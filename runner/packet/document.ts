import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import type { Statement } from "../model";
import { sliceStatements } from "../sql/statements";

/** A directive's document in docs/, and the SQL in it. */
export interface DirectiveDocument {
  readonly directive: string;
  /** From the project's folder: `docs/ARCHITECTURAL_DIRECTIVE_005.md`. */
  readonly path: string;
  /** Its first heading. */
  readonly title: string;
  /** The statements of the document's first block of SQL, cut in the same way as the steps'. */
  readonly statements: readonly Statement[];
}

const SQL_BLOCK = /^```sql\n([\s\S]*?^)```$/m;

/**
 * Reads the directives' documents, so that a packet can compare what will run with what was asked for. Leaves out a
 * directive without a document, and a document without SQL.
 *
 * @param projectFolder where docs/ is
 * @param names the directives' folders in sql/: `["ad_005"]`
 * @throws SQL_UNPARSABLE where a document's SQL is not SQL
 */
export async function readDirectiveDocuments(
  projectFolder: string,
  names: readonly string[],
): Promise<readonly DirectiveDocument[]> {
  const documents: DirectiveDocument[] = [];
  for (const directive of names) {
    const path = `docs/ARCHITECTURAL_DIRECTIVE_${directive.replace(/^ad_/, "")}.md`;
    const file = join(projectFolder, path);
    const content = existsSync(file) ? readFileSync(file, "utf8") : "";
    const [, sql] = SQL_BLOCK.exec(content) ?? [];
    if (sql !== undefined) {
      const [, title = directive] = /^# (.*)$/m.exec(content) ?? [];
      const statements = await sliceStatements(path, Buffer.from(sql, "utf8"));
      documents.push({ directive, path, title, statements });
    }
  }
  return documents;
}
