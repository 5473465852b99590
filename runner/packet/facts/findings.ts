import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { parse } from "yaml";
import { fault, messageOf } from "../../base/fault";
import type { Finding } from "../model";

/**
 * Reads sql/<directive>/findings.yaml: what the directive's SQL has that The Architect should know. A directive without
 * the file has none.
 *
 * @throws MANIFEST_INVALID where the file is not a list of findings
 */
export function readFindings(sqlFolder: string, directive: string): readonly Finding[] {
  const file = join(sqlFolder, directive, "findings.yaml");
  if (!existsSync(file)) {
    return [];
  }
  try {
    const { findings } = parse(readFileSync(file, "utf8")) as { findings?: unknown };
    if (!Array.isArray(findings)) {
      throw new Error("no list `findings`");
    }
    return findings.map(readFinding);
  } catch (cause) {
    throw fault("MANIFEST_INVALID", {
      what: `reading "sql/${directive}/findings.yaml"`,
      found: messageOf(cause),
      expected:
        "a list of `findings`, each with `title`, `text` and, where some answer it, `amendments`",
      remedy: "Correct the file, or restore it from version control",
      cause,
    });
  }
}

function readFinding(value: unknown, index: number): Finding {
  const { title, text, amendments = [], ...others } = (value ?? {}) as Record<string, unknown>;
  const isList = Array.isArray(amendments) && amendments.every((id) => typeof id === "string");
  if (
    typeof title !== "string" ||
    typeof text !== "string" ||
    !isList ||
    Object.keys(others).length > 0
  ) {
    throw new Error(`finding ${String(index + 1)}, which is not of that form`);
  }
  return { title, text: text.trim(), amendments };
}
