import { createHash } from "node:crypto";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { parse } from "yaml";
import { FAULT_CODES } from "../../../runner/base/fault";
import { fencedBlocks, sectionOf, tableRows } from "../../support/markdown";
import { filesBelow, ROOT, textOf } from "../../support/repository";

const directive = textOf("docs/ARCHITECTURAL_DIRECTIVE_005.md");
const path = "docs/V7_Migration/04_Database_Phase/DATABASE_WORKFLOW.md";
const workflow = textOf(path);

/** An article's text, from its heading to the next rule. */
function article(number: number): string {
  return directive.split(/^### ARTICLE /m).find((part) => part.startsWith(`${number}:`)) ?? "";
}

function sha256(text: string | Buffer): string {
  return createHash("sha256").update(text).digest("hex");
}

describe("Article 2", () => {
  it("is met in 2.1 and 2.3: directive.sql is the schema of Article 3, byte for byte", () => {
    const [, schema = ""] = /```sql\n([^]*?)```/.exec(article(3)) ?? [];
    expect(schema.length).toBeGreaterThan(5000);
    expect(textOf("sql/ad_005/directive.sql")).toBe(schema);
  });

  it("is met in 2.2: DATABASE_WORKFLOW.md is in the folder that it names", () => {
    const [, folder = ""] = /`(Docs\/[^`]+\/)` directory/.exec(article(2)) ?? [];
    expect(join(folder.replace(/^Docs/, "docs"), "DATABASE_WORKFLOW.md")).toBe(path);
    expect(article(4)).toContain(`\`${path.replace(/^docs/, "Docs")}\``);
    expect(existsSync(join(ROOT, path))).toBe(true);
  });

  it("is met in 2.4: the settings of prod require an approval", () => {
    expect(article(2)).toContain("explicit approval from The Architect");
    const { config } = parse(textOf("Pulumi.prod.yaml")) as { config: Record<string, unknown> };
    expect(config["v7:database"]).toBe("external");
    expect(config["v7:requireApproval"]).toBe("true");
  });
});

describe("Article 3", () => {
  const diagrams = fencedBlocks(workflow).filter(({ language }) => language === "mermaid");
  const [tables = ""] = diagrams.map(({ text }) => text);

  it("has each of its tables and columns, with their types, in the diagram of DATABASE_WORKFLOW.md", () => {
    const sql = textOf("sql/ad_005/directive.sql");
    const TYPE = "([A-Z]+(?:\\(\\d+\\))?(?:\\[\\])?)";
    const created = [...sql.matchAll(/CREATE TABLE (\w+) \(([^]*?)\n\);/g)].map(
      ([, name = "", body = ""]) =>
        [name, [...body.matchAll(new RegExp(`^    ([a-z]\\w*) ${TYPE}`, "gm"))]] as const,
    );
    const added = [...sql.matchAll(new RegExp(`ADD COLUMN (\\w+) ${TYPE}`, "g"))];
    const expected = Object.fromEntries(
      [...created, ["file_audit", added] as const].map(([name, columns]) => [
        name,
        columns.map(([, column, type]) => `${type ?? ""} ${column ?? ""}`),
      ]),
    );
    const drawn = Object.fromEntries(
      [...tables.matchAll(/^ {2}(\w+) \{\n([^]*?)\n {2}\}/gm)].map(([, name = "", body = ""]) => [
        name,
        body.split("\n").map((line) => line.trim().split(" ").slice(0, 2).join(" ")),
      ]),
    );
    expect(drawn).toEqual(expected);
    expect(Object.values(drawn).map((columns) => columns.length)).toEqual([14, 17, 13, 15, 12, 12]);
  });
});

describe("Article 4", () => {
  const points = [...article(4).matchAll(/^(4\.\d)\. \*\*([^:]+):\*\*/gm)].map(
    ([, number = "", title = ""]) => `${number} ${title}`,
  );

  it("has six points, and each is a section of DATABASE_WORKFLOW.md that is not empty", () => {
    expect(points).toHaveLength(6);
    const headings = [...workflow.matchAll(/^## (4.*)$/gm)].map(([, heading = ""]) => heading);
    expect(headings.map((heading) => heading.toLowerCase())).toEqual(
      points.map((point) => point.toLowerCase()),
    );
    const short = headings.filter((heading) => sectionOf(workflow, heading).trim().length < 300);
    expect(short).toEqual([]);
  });

  it("is met in 4.2: there is a step-by-step guide for creation, data migration and rollback", () => {
    const parts = sectionOf(workflow, "4.2").split(/^### /m).slice(1);
    expect(parts.map((part) => part.split("\n")[0])).toEqual([
      "Database creation",
      "Data migration",
      "Rollback",
    ]);
    expect(parts.filter((part) => !/^(1\.|-) /m.test(part))).toEqual([]);
  });

  it("is met in 4.3: it names the directive's personas and the roles of access.yaml, and no others", () => {
    const { roles } = parse(textOf("sql/ad_005/access.yaml")) as { roles: object };
    const [, agent = ""] = /^\*\*TO:\*\* \w+ \((.*)\)/m.exec(directive) ?? [];
    const [, architect = ""] = /^\*\*FROM:\*\* (.*?)\s*$/m.exec(directive) ?? [];
    const rows = tableRows(sectionOf(workflow, "4.3"));
    const personas = new Set(rows.map(([, who = ""]) => who.replace(/^the /, "")));
    expect([...personas].sort()).toEqual([agent, architect].sort());
    const named = rows.flatMap(([, , as = ""]) => as.match(/v7_\w+/g) ?? []);
    expect([...new Set(named)].sort()).toEqual(Object.keys(roles).sort());
  });

  it("is met in 4.4: queries and their answers verify creation and population", () => {
    const headings = ["Creation", "Population"];
    for (const heading of headings) {
      const blocks = fencedBlocks(workflow).filter((block) => block.heading === heading);
      const languages = blocks.map(({ language }) => language);
      expect(languages.length).toBeGreaterThan(7);
      expect(languages).toEqual(languages.map((_, index) => (index % 2 === 0 ? "sql" : "text")));
    }
  });

  it("is met in 4.5: it has every fault once, with its effect, its remedy and who decides", () => {
    const rows = tableRows(sectionOf(workflow, "4.5")).filter((row) => /[A-Z]_/.test(row[0] ?? ""));
    const codes = rows.flatMap(([first = ""]) => first.split(", "));
    expect(codes.sort()).toEqual(Object.keys(FAULT_CODES).sort());
    const odd = rows.filter(
      ([, effect, todo, who = ""]) =>
        effect === "" || todo === "" || !["the agent", "The Architect"].includes(who),
    );
    expect(odd).toEqual([]);
  });

  it("is met in 4.6: it refers to every SQL file by its name and digest", () => {
    const referred = Object.fromEntries(
      tableRows(sectionOf(workflow, "4.6"))
        .filter(([, digest]) => digest !== "")
        .map(([file = "", digest = ""]) => [file.slice(1, -1), digest.slice(1, -1)]),
    );
    const right = Object.fromEntries(
      Object.keys(referred).map((file) => [
        file,
        sha256(textOf(`sql/ad_005/${file}`)).slice(0, 16),
      ]),
    );
    expect(referred).toEqual(right);
    const sql = filesBelow("sql/ad_005").filter((file) => file.endsWith(".sql"));
    const without = sql.filter((file) => !(file.slice("sql/ad_005/".length) in referred));
    expect(without).toEqual([]);
    expect(sql.length).toBeGreaterThan(20);
  });
});

describe("the findings for The Architect", () => {
  const { findings } = parse(textOf("sql/ad_005/findings.yaml")) as {
    findings: readonly { title: string; amendments?: readonly string[] }[];
  };
  const parts = sectionOf(workflow, "Findings for The Architect").split(/^### /m).slice(1);

  it("are those of findings.yaml, in order, each with its evidence and its offered amendments", () => {
    expect(parts.map((part) => part.split("\n")[0])).toEqual(
      findings.map(({ title }, index) => `${String(index + 1)}. ${title}`),
    );
    const languages = parts.map((part) => fencedBlocks(part).map(({ language }) => language));
    expect(languages.filter((found) => !found.includes("text"))).toEqual([]);
    findings.forEach(({ amendments = [] }, index) => {
      const [, offered = ""] = /^Offered: ([^]*)/m.exec(parts[index] ?? "") ?? [];
      expect(offered).not.toBe("");
      expect(amendments.filter((id) => !offered.includes(`\`${id}\``))).toEqual([]);
    });
  });
});

describe("Article 5", () => {
  const report = textOf("docs/completion_report_AD_005.md");

  it("is met in 5.2: the report has its title, with a date", () => {
    const [, title = ""] = /titled: `(.*) - \[DATE\]`/.exec(article(5)) ?? [];
    const first = report.split("\n")[0] ?? "";
    expect(title).not.toBe("");
    expect(first).toMatch(new RegExp(`^# ${title} - \\d{4}-\\d{2}-\\d{2}$`));
  });

  it("is met in 5.3: the report confirms its three points, with the digest of directive.sql", () => {
    expect([...article(5).matchAll(/^ {4}\* +/gm)]).toHaveLength(3);
    const [confirmations = ""] = sectionOf(report, "Confirmations").split(/^## /m);
    expect([...confirmations.matchAll(/^\d\. \*\*/gm)]).toHaveLength(3);
    expect(confirmations).toContain(sha256(textOf("sql/ad_005/directive.sql")));
    expect(confirmations).toContain("DATABASE_WORKFLOW.md");
    expect(confirmations).toMatch(/Ready to execute upon approval/);
  });
});
