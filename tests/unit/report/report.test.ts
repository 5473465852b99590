import { cpSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { failings, type Evidence, type Report } from "../../../cli/report/evidence";
import { reportPage, reportTitle } from "../../../cli/report/reportPage";
import { scriptsEvidence, workflowEvidence } from "../../../cli/report/scriptsEvidence";
import { pageMarkdown } from "../../../runner/pages/markdown/page";
import { folderOfTest } from "../../support/folder";
import { ROOT } from "../../support/repository";

const SCRIPT = "sql/ad_005/directive.sql";
const DIRECTIVE = "docs/ARCHITECTURAL_DIRECTIVE_005.md";
const WORKFLOW = "docs/V7_Migration/04_Database_Phase/DATABASE_WORKFLOW.md";

const folder = folderOfTest();

/** The project's sql/ and docs/, one file changed. */
function changed(path: string, change: (text: string) => string): string {
  for (const name of ["sql", "docs"]) {
    cpSync(join(ROOT, name), join(folder(), name), { recursive: true });
  }
  const before = readFileSync(join(folder(), path), "utf8");
  const after = change(before);
  expect(after).not.toBe(before);
  writeFileSync(join(folder(), path), after);
  return folder();
}

const holds = (evidence: readonly Evidence[]): (boolean | "unknown")[] =>
  evidence.map(({ isSo }) => isSo);

describe("the evidence of the scripts", () => {
  it("holds for the repository, and names each file's digest", async () => {
    const evidence = await scriptsEvidence(ROOT);
    expect(holds(evidence)).toEqual([true, true, true]);
    expect(evidence[0]?.found[0]).toMatch(/^sha256 e4f16b9f[0-9a-f]{56}$/);
    const files = evidence[2]?.found ?? [];
    expect(files.length).toBeGreaterThan(15);
    expect(files.filter((line) => !/^sql\/ad_\d+\/\S+.*: [0-9a-f]{64}$/.test(line))).toEqual([]);
  });

  it.each([
    [SCRIPT, "VARCHAR(100)", "VARCHAR(101)", [false, false, false]],
    [DIRECTIVE, "VARCHAR(100)", "VARCHAR(101)", [true, false, true]],
    ["sql/ad_005/population/phase_4.sql", "INSERT", "insert", [true, true, false]],
  ])("does not hold if %s was changed", async (path, found, other, expected) => {
    const evidence = await scriptsEvidence(changed(path, (text) => text.replace(found, other)));
    expect(holds(evidence)).toEqual(expected);
  });
});

describe("the evidence of DATABASE_WORKFLOW.md", () => {
  it("holds for the repository", () => {
    expect(workflowEvidence(ROOT)).toMatchObject({ isSo: true });
  });

  it("names a part that is missing or empty", () => {
    const cut = (text: string): string => text.replace(/^## 4\.5 [\s\S]*?(?=^## )/m, "");
    const empty = (text: string): string =>
      text.replace(/^(## 4\.3 .*\n)[\s\S]*?(?=^## )/m, "$1\n");
    expect(workflowEvidence(changed(WORKFLOW, cut)).found).toEqual(["no 4.5, or nothing in it"]);
    expect(workflowEvidence(changed(WORKFLOW, empty)).found).toEqual(["no 4.3, or nothing in it"]);
  });
});

describe("the report", () => {
  const good: Evidence = { subject: "scripts", claim: "it is so", isSo: true, found: ["a"] };
  const report: Report = {
    gatheredAt: new Date("2026-11-24T23:59:59.999Z"),
    stack: "dev",
    evidence: [
      good,
      { ...good, subject: "workflow" },
      { ...good, subject: "tests" },
      { ...good, subject: "readiness" },
    ],
    awaited: ["an approval"],
  };

  const reportMarkdown = (of: Report): string => pageMarkdown(reportPage(of), 1);

  it("has Article 5.2's title, with the day in UTC", () => {
    expect(reportTitle(report)).toBe(
      "COMPLETION OF AD_005: V7 DATABASE INFRASTRUCTURE - 2026-11-24",
    );
    expect(reportMarkdown(report)).toMatch(/^# COMPLETION OF AD_005: .* - 2026-11-24\n/);
  });

  it("confirms a point of Article 5.3 only if all of its evidence holds", () => {
    const headings = (one: Report): string[] =>
      [...reportMarkdown(one).matchAll(/^## (.*)$/gm)].map(([, heading = ""]) => heading);
    expect(failings(report)).toEqual([]);
    expect(headings(report)).toEqual([
      "The SQL scripts are created and documented: confirmed",
      "DATABASE_WORKFLOW.md is created: confirmed",
      "Ready to execute the SQL scripts upon approval from The Architect: confirmed",
      "The tests: confirmed",
      "What is awaited",
    ]);
    const unknown = {
      ...report,
      evidence: [...report.evidence, { ...good, isSo: "unknown" } as const],
    };
    expect(failings(unknown)).toEqual([]);
    expect(headings(unknown)[0]).toBe("The SQL scripts are created and documented: not known here");
    expect(reportMarkdown(unknown)).toContain("not known here: it is so");
    const wrong = { ...report, evidence: [good, { ...good, isSo: false }] };
    expect(failings(wrong)).toEqual(["not so: it is so: a"]);
    expect(headings(wrong).filter((heading) => heading.endsWith("NOT SO"))).toHaveLength(4);
  });

  it("escapes the evidence, so that it is no markup", () => {
    const hostile = { ...good, found: ["<script>\n# x\n[a](http://b)"] };
    expect(reportMarkdown({ ...report, evidence: [hostile] })).toContain(
      "- \\<script\\> \\# x \\[a\\](http://b)\n",
    );
  });
});
