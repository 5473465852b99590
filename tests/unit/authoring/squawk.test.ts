import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { askSquawk } from "../../../runner/authoring/squawk";

const sql = mkdtempSync(join(tmpdir(), "v7-squawk-"));
mkdirSync(join(sql, "ad_006"));

afterAll(() => {
  rmSync(sql, { recursive: true });
});

const ask = (text: string) => {
  writeFileSync(join(sql, "ad_006", "a.sql"), text);
  return askSquawk(sql, "ad_006", [{ file: "a.sql" }, { file: "a.sql" }]);
};

describe("squawk's findings", () => {
  it("are grouped by rule, each with every place", () => {
    expect(
      ask("CREATE TABLE a (b integer, c integer);\nCREATE TABLE d (e integer);\n"),
    ).toStrictEqual({
      findings: [
        {
          title: "squawk: prefer-bigint-over-int",
          text: "Using 32-bit integer fields can result in hitting the max `int` limit. Use 64-bit integer values instead to prevent hitting this limit. At a.sql, lines 1, 1, 2.",
        },
      ],
    });
  });

  it("leave out what the runner itself takes care of, and SQL that squawk cannot parse", () => {
    expect(ask("ALTER TABLE a ADD COLUMN b text;\n")).toStrictEqual({ findings: [] });
    expect(ask("CREATE TABEL a (b text);\n")).toStrictEqual({ findings: [] });
  });

  it("are replaced by the reason if squawk cannot run", () => {
    rmSync(join(sql, "ad_006", "a.sql"));
    expect(askSquawk(join(sql, "nowhere"), "ad_006", [])).toStrictEqual({
      missing: expect.stringContaining("ENOENT") as string,
    });
  });
});
