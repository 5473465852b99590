import { spawnSync } from "node:child_process";
import { createRequire } from "node:module";
import { devNull } from "node:os";
import { join } from "node:path";
import { checkoutFolder } from "../base/checkoutFolder";
import { messageOf } from "../base/fault";
import type { Step } from "../model";
import { POSTGRES_MAJORS } from "../postgres/majors";

/** A point for The Architect, as findings.yaml has it. */
export interface Finding {
  readonly title: string;
  readonly text: string;
}

/** squawk's findings; or the reason why it did not run. */
export type SquawkReport = { readonly findings: readonly Finding[] } | { readonly missing: string };

/** Rules that the runner satisfies by other means: its timeouts, concurrent steps. */
const NOT_ASKED = [
  "require-lock-timeout",
  "require-statement-timeout",
  "ban-concurrent-index-creation-in-transaction",
];

/** Left out: PostgreSQL's own parser has parsed the SQL. */
const NO_FINDING = "syntax-error";

/** One entry of squawk's JSON, as far as it is used. */
interface Violation {
  readonly file: string;
  /** From 0. */
  readonly line: number;
  readonly message: string;
  readonly help: string | null;
  readonly rule_name: string;
}

/**
 * Runs squawk, a linter for migrations, on a directive's SQL: one finding for each violated rule, with all places. The
 * program is an npm package; where it is not installed, or not available for this machine, there are no findings.
 */
export function askSquawk(
  sqlFolder: string,
  directive: string,
  steps: readonly Pick<Step, "file">[],
): SquawkReport {
  const files = [...new Set(steps.map(({ file }) => file))];
  const options = [
    ...["--reporter", "json", "--config", devNull, "--assume-in-transaction"],
    `--pg-version=${POSTGRES_MAJORS[0]}`,
    `--exclude=${NOT_ASKED.join(",")}`,
  ];
  try {
    const program = createRequire(join(checkoutFolder(), "package.json")).resolve(
      "squawk-cli/js/bin/squawk",
    );
    // The exit code is 1 both where it finds something and where it fails; only the output differs.
    const { error, stdout, stderr } = spawnSync(process.execPath, [program, ...options, ...files], {
      cwd: join(sqlFolder, directive),
      encoding: "utf8",
    });
    if (error !== undefined) {
      throw error;
    }
    return stdout.startsWith("[")
      ? { findings: findingsOf(JSON.parse(stdout) as readonly Violation[]) }
      : { missing: stderr.split("\n")[0] ?? "" };
  } catch (error) {
    return { missing: messageOf(error).split("\n")[0] ?? "" };
  }
}

function findingsOf(violations: readonly Violation[]): readonly Finding[] {
  const rules = [...new Set(violations.map((one) => one.rule_name))].filter(
    (rule) => rule !== NO_FINDING,
  );
  return rules.map((rule) => {
    const own = violations.filter((one) => one.rule_name === rule);
    const texts = own.flatMap(({ message, help }) => [message, help ?? ""]).map(asSentence);
    return {
      title: `squawk: ${rule}`,
      text: [...new Set(texts), `At ${placesOf(own)}.`].filter((text) => text !== "").join(" "),
    };
  });
}

function asSentence(text: string): string {
  return text === "" || text.endsWith(".") ? text : `${text}.`;
}

/** `directive.sql, lines 3, 9` */
function placesOf(violations: readonly Violation[]): string {
  const files = [...new Set(violations.map(({ file }) => file))];
  return files
    .map((file) => {
      const lines = violations.filter((one) => one.file === file).map(({ line }) => line + 1);
      return `${file}, line${lines.length === 1 ? "" : "s"} ${lines.join(", ")}`;
    })
    .join("; ");
}
