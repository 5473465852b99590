import { mkdirSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { stringify } from "yaml";
import { type MissingInverse, proposalFile } from "./missingInverses";
import type { Finding } from "./squawk";

/** Files with proposals, which `lock` writes each time; git ignores them. */
const PROPOSED = /\.proposed\.(sql|yaml)$/;

/** Writes the proposals into a directive's folder, and deletes those of an earlier run. */
export function writeProposals(
  folder: string,
  missing: readonly MissingInverse[],
  findings: readonly Finding[],
): void {
  for (const file of readdirSync(folder, { recursive: true, encoding: "utf8" })) {
    if (PROPOSED.test(file)) {
      rmSync(join(folder, file));
    }
  }
  for (const one of missing) {
    if (one.proposal !== undefined) {
      write(
        join(folder, proposalFile(one.step)),
        `-- Rollback of ${one.step.id}: takes away what it added. npx v7 directive lock has proposed it, and tried it.\n${one.proposal}`,
      );
    }
  }
  if (findings.length > 0) {
    write(
      join(folder, "findings.proposed.yaml"),
      `# What squawk finds in the SQL. Copy into findings.yaml what The Architect should know, in words that help to decide.\n${stringify({ findings })}`,
    );
  }
}

function write(path: string, text: string): void {
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, text);
}
