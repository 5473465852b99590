import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { readDirectiveDocuments } from "../../../runner/packet/document";
import { readFindings } from "../../../runner/packet/facts/findings";
import { faultOf } from "../../support/faults";
import { ROOT, textOf } from "../../support/repository";
import { SQL_FOLDER } from "../../support/sqlFolder";

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "v7-packet-"));
  mkdirSync(join(folder, "docs"));
  mkdirSync(join(folder, "ad_006"));
});
afterAll(() => {
  rmSync(folder, { recursive: true, force: true });
});

describe("a directive's document", () => {
  it("has the SQL of directive.sql, byte for byte", async () => {
    const [document] = await readDirectiveDocuments(ROOT, ["ad_005"]);
    const sql = Buffer.concat((document?.statements ?? []).map(({ bytes }) => bytes));
    expect(sql.equals(readFileSync(join(SQL_FOLDER, "ad_005", "directive.sql")))).toBe(true);
    expect(document).toMatchObject({
      directive: "ad_005",
      path: "docs/ARCHITECTURAL_DIRECTIVE_005.md",
      title: "ARCHITECTURAL DIRECTIVE 005: V7 DATABASE INFRASTRUCTURE CREATION",
    });
    expect(document?.statements).toHaveLength(13);
  });

  it("is left out if it is missing or has no SQL", async () => {
    writeFileSync(join(folder, "docs", "ARCHITECTURAL_DIRECTIVE_006.md"), "# Six\n\nNo SQL.\n");
    expect(await readDirectiveDocuments(folder, ["ad_006", "ad_007"])).toEqual([]);
  });

  it("is refused if its SQL cannot be parsed", async () => {
    writeFileSync(
      join(folder, "docs", "ARCHITECTURAL_DIRECTIVE_008.md"),
      "```sql\nCREATE NONSENSE;\n```\n",
    );
    const { message } = await faultOf(() => readDirectiveDocuments(folder, ["ad_008"]));
    expect(message).toContain('SQL_UNPARSABLE: parsing "docs/ARCHITECTURAL_DIRECTIVE_008.md"');
  });
});

describe("the findings of a directive", () => {
  it("are the same as in the completion report", () => {
    const [, section = ""] =
      /## Findings on the directive's SQL\n([\s\S]*?)\n## /.exec(
        textOf("docs/completion_report_AD_005.md"),
      ) ?? [];
    const reported = section
      .split(/^(?=\d+\. )/m)
      .slice(1)
      .map((item) => item.replace(/\s+/g, " ").trim());
    const expected = readFindings(SQL_FOLDER, "ad_005").map(
      ({ title, text }, index) => `${String(index + 1)}. **${title}** ${text}`,
    );
    expect(reported).toEqual(expected);
    expect(reported.length).toBeGreaterThan(3);
  });

  it("name only amendments of the manifest", () => {
    const named = readFindings(SQL_FOLDER, "ad_005").flatMap(({ amendments }) => amendments);
    expect(
      named.filter((id) => !textOf("sql/ad_005/manifest.yaml").includes(`- id: ${id}\n`)),
    ).toEqual([]);
    expect(named).not.toEqual([]);
  });

  it("are shown without the passwords of the SQL that they quote", () => {
    writeFileSync(
      join(folder, "ad_006", "findings.yaml"),
      `findings: [{ title: "PASSWORD 'hunter2'", text: "It has 'host=h password=hunter2'." }]\n`,
    );
    expect(readFindings(folder, "ad_006")).toMatchObject([
      { title: "PASSWORD '[secret]'", text: "It has 'host=h password=[secret]'." },
    ]);
  });

  it("are empty if the directive has no findings.yaml", () => {
    expect(readFindings(folder, "ad_007")).toEqual([]);
  });

  it.each([
    ["no list", "other: 1\n", "no list `findings`"],
    [
      "a finding without a text",
      "findings: [{ title: One }]\n",
      "1:12: finding 1, expected `title`, `text`",
    ],
    ["a key that is not known", "findings: [{ title: a, text: b, c: d }]\n", "finding 1"],
    ["a list at its top", "[]\n", "no list `findings`"],
    ["an alias", "findings: &a [*a]\n", "1:14: the anchor &a"],
    [
      "a text in place of a list",
      "findings: [{ title: a, text: b, amendments: c }]\n",
      "finding 1",
    ],
  ])("are refused if the file has %s", async (_, content, found) => {
    writeFileSync(join(folder, "ad_006", "findings.yaml"), content);
    const { message } = await faultOf(() => readFindings(folder, "ad_006"));
    expect(message).toContain('MANIFEST_INVALID: reading "sql/ad_006/findings.yaml"');
    expect(message).toContain(found);
  });
});
