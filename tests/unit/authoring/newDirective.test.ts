import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { newDirective } from "../../../runner/authoring/newDirective";
import { loadMatrices } from "../../../runner/directive/accessMatrix";
import { readManifestFile } from "../../../runner/directive/manifestFile";
import { readFindings } from "../../../runner/packet/facts/findings";
import { faultOf } from "../../support/faults";
import { copySqlFolder, removeCopies } from "../../support/sqlFolder";

afterEach(removeCopies);

describe("a new directive", () => {
  it("has every file that its author needs, each in the form that its reader accepts", () => {
    const sql = copySqlFolder();
    const title = "A \"title\": with # and 'quotes'";
    const files = newDirective(sql, "ad_006", ` ${title} `);
    const folder = join(sql, "ad_006");
    expect(readdirSync(folder).sort()).toStrictEqual([...files, "amendments", "rollback"].sort());
    const manifest = readManifestFile(folder, "ad_006");
    expect(manifest.title).toBe(title);
    expect(manifest.steps.map(({ id, file }) => [id, file])).toStrictEqual([
      ["section_1", "directive.sql"],
    ]);
    expect(loadMatrices(sql, ["ad_005", "ad_006"], [])[1]).toMatchObject({ roles: {}, grants: [] });
    expect(readFindings(sql, "ad_006")).toStrictEqual([]);
    expect(readFileSync(join(folder, "directive.sql"), "utf8")).toContain(`ad_006: ${title}\n`);
  });

  it("may skip numbers, and may have four digits", () => {
    const sql = copySqlFolder();
    newDirective(sql, "ad_999", "t");
    expect(newDirective(sql, "ad_1000", "t")).toContain("manifest.yaml");
  });

  it.each([
    ["ad_005", "sql/ad_005, which is there"],
    ["ad_004", 'the name "ad_004", expected one behind ad_005'],
    ["ad_6", 'the name "ad_6", expected ad_'],
    ["ad_0006", 'the name "ad_0006", expected ad_'],
    ["AD_006", 'the name "AD_006", expected ad_'],
    ["ad_NaN", 'the name "ad_NaN", expected ad_'],
    ["ad_1234567", 'the name "ad_1234567", expected ad_'],
    ["../ad_006", 'the name "../ad_006", expected ad_'],
    ["", 'the name "", expected ad_'],
  ])("is refused under the name %j, and leaves no file", async (name, found) => {
    const sql = copySqlFolder();
    const { message } = await faultOf(() => newDirective(sql, name, "t"));
    expect(message).toContain(`COMMAND_INVALID: making a directive: found ${found}`);
    expect(readdirSync(sql)).toStrictEqual(["ad_005", "dev_baseline"]);
  });

  it.each([
    ["", "an empty title"],
    [" \n ", "an empty title"],
    ["two\nlines", "one line of text"],
    ["turned \u202eround", "one line of text"],
  ])("is refused with the title %j, and leaves no file", async (title, found) => {
    const sql = copySqlFolder();
    const { message } = await faultOf(() => newDirective(sql, "ad_006", title));
    expect(message).toContain(found);
    expect(existsSync(join(sql, "ad_006"))).toBe(false);
  });

  it.each<[string, (path: string) => void]>([
    [
      "a file",
      (path) => {
        writeFileSync(path, "mine");
      },
    ],
    [
      "a folder",
      (path) => {
        mkdirSync(path);
      },
    ],
    [
      "a link to a missing file",
      (path) => {
        symlinkSync("nowhere", path);
      },
    ],
  ])("is refused if %s has its name, and keeps what is there", async (_what, make) => {
    const sql = copySqlFolder();
    make(join(sql, "ad_006"));
    const { message } = await faultOf(() => newDirective(sql, "ad_006", "t"));
    expect(message).toContain("found sql/ad_006, which is there");
    expect(readdirSync(sql)).toStrictEqual(["ad_005", "ad_006", "dev_baseline"]);
  });
});
