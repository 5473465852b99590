import { spawnSync } from "node:child_process";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { visible } from "../../../runner/base/visible";
import { driftPage } from "../../../runner/drift/driftPage";
import type { DriftReport, ReportedFinding } from "../../../runner/drift/report";
import { pageHtml } from "../../../runner/pages/html/page";
import { pageMarkdown } from "../../../runner/pages/markdown/page";
import { folderOfTest } from "../../support/folder";
import { ROOT } from "../../support/repository";

const finding = (object: string): ReportedFinding => ({
  object,
  kind: "missing",
  severity: "medium",
  details: [],
  expected: { definition: "a|b @all" },
  actual: null,
  causes: ["the owner postgres"],
  repair: { how: "additive", sql: ["CREATE INDEX i ON t (c)"], note: null },
});

const report = (...findings: readonly ReportedFinding[]): DriftReport => ({
  kind: "v7-drift",
  version: 1,
  stack: "prod",
  target: { host: "h", port: 5432, database: "d" },
  checkedAt: "2026-01-01T00:00:00.000Z",
  serverVersion: "17.10",
  runnerVersion: "1",
  drift: findings.length > 0,
  schemaFingerprint: "a".repeat(64),
  historyHead: null,
  pending: [],
  notCompared: [],
  findings,
});

/** A fake `gh` that keeps at most one issue in a folder, so that no test reaches GitHub. */
const GH = `#!/usr/bin/env bash
echo "$1 $2" >> calls
case "$1 $2" in
  "issue list") if [ -f issue ]; then echo '[{"number":7,"title":"Drift of stack prod"},{"number":8,"title":"Drift of stack prod2"}]'; else echo '[{"number":8,"title":"Drift of stack prod2"}]'; fi;;
  "issue create") cp drift.md issue;;
  "issue edit") cp drift.md issue;;
  "issue view") cat issue;;
  "issue close") [ "$3" = 7 ] && rm issue;;
esac
`;

const folder = folderOfTest();
beforeEach(() => {
  writeFileSync(join(folder(), "gh"), GH, { mode: 0o755 });
});

function night(code: "0" | "2", of: DriftReport): string[] {
  writeFileSync(join(folder(), "drift.md"), pageMarkdown(driftPage(of)));
  writeFileSync(join(folder(), "calls"), "");
  const { status, stderr } = spawnSync(join(ROOT, ".github", "scripts", "driftIssue.sh"), [code], {
    cwd: folder(),
    env: { PATH: `${folder()}:${process.env["PATH"] ?? ""}`, STACK: "prod" },
    encoding: "utf8",
  });
  expect({ status, stderr }).toStrictEqual({ status: 0, stderr: "" });
  return readFileSync(join(folder(), "calls"), "utf8").trim().split("\n").slice(1);
}

describe("the issue of a stack's drift", () => {
  it("is opened once, kept up to date, commented when the findings change, and closed", () => {
    expect(night("0", report())).toStrictEqual([]);
    expect(night("2", report(finding("index public.a")))).toStrictEqual([
      "label create",
      "issue create",
    ]);
    const later = { ...report(finding("index public.a")), checkedAt: "2026-01-02T00:00:00.000Z" };
    expect(night("2", later)).toStrictEqual(["issue view", "issue edit"]);
    expect(night("2", report(finding("index public.a"), finding("index public.b")))).toStrictEqual([
      "issue view",
      "issue edit",
      "issue comment",
    ]);
    expect(readFileSync(join(folder(), "issue"), "utf8")).toContain("**2 differences: 2 medium**");
    expect(night("0", report())).toStrictEqual(["issue comment", "issue close"]);
    expect(existsSync(join(folder(), "issue"))).toBe(false);
  });
});

describe("the report as Markdown", () => {
  it("escapes an object's name, so that it ends no cell, mentions nobody and is no link", () => {
    const text = pageMarkdown(
      driftPage(report(finding("column public.t.a|b `c` @all [x](y)\n# z"))),
    );
    expect(text).toContain("#### missing: ``column public.t.a|b `c` @all [x](y) # z``\n");
    expect(text).toContain("| `a\\|b @all` | `nothing` |\n");
    expect(text).toContain("```sql\nCREATE INDEX i ON t (c);\n```");
  });

  it("shows hidden characters by their code points, as the page does", () => {
    const hostile = report({
      ...finding("index public.\u001b[2J\u202ei\u200b"),
      details: ["comment: \u009b\r -> \u2066"],
      causes: ["the owner \u202eevil"],
      repair: { how: "plan", sql: ["COMMENT ON INDEX i IS '\u202e'"], note: "\u0007" },
    });
    for (const text of [pageMarkdown(driftPage(hostile)), pageHtml(driftPage(hostile))]) {
      expect(text).toContain("[U+202E]");
      expect(visible(text)).toBe(text);
    }
  });

  it("stays below GitHub's limit, and keeps its last line", () => {
    const many = Array.from({ length: 2000 }, (_, index) =>
      finding(`index public.${String(index)}`),
    );
    const text = pageMarkdown(driftPage(report(...many)));
    expect(text.length).toBeLessThan(65_536);
    expect(text).toMatch(/\nFindings: [0-9a-f]{16}\n$/);
  });
});
