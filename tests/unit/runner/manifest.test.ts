import { readFileSync } from "node:fs";
import { join } from "node:path";
import { sha256 } from "../../../runner/base/sha256";
import { loadManifest, type Manifest } from "../../../runner/directive/manifest";
import { parseStatement } from "../../../runner/sql/expression";
import { SQL_FOLDER } from "../../support/sqlFolder";

const DIRECTIVE = readFileSync(join(SQL_FOLDER, "ad_005", "directive.sql"));
const DIRECTIVE_SHA256 = "e4f16b9ff6fcca154104c5cb7a81adb3e9c3cb2f5d0f20ebab9f2db811f4e848";

describe("directive.sql", () => {
  it("has the digest that was recorded when it was copied from the document", () => {
    expect(sha256(DIRECTIVE)).toBe(DIRECTIVE_SHA256);
  });
});

describe("the manifest of ad_005", () => {
  let manifest: Manifest;
  beforeAll(async () => {
    manifest = await loadManifest(SQL_FOLDER, "ad_005");
  });

  it("has the directive's name, and the digest of directive.sql in its lock", () => {
    expect([manifest.directive, manifest.lock?.files["directive.sql"]]).toEqual([
      "ad_005",
      DIRECTIVE_SHA256,
    ]);
  });

  it("has thirteen required steps, in the order in which they run", () => {
    expect(
      manifest.steps
        .filter(({ required }) => required)
        .map(({ id, kind, file, required, statements }) => [
          id,
          kind,
          file,
          required,
          statements.length,
        ]),
    ).toEqual([
      ["v7_control", "amendment", "amendments/v7_control.sql", true, 6],
      ["section_1", "section", "directive.sql", true, 1],
      ["section_2", "section", "directive.sql", true, 1],
      ["section_3", "section", "directive.sql", true, 1],
      ["section_4", "section", "directive.sql", true, 1],
      ["phase_number_unique", "amendment", "amendments/phase_number_unique.sql", true, 1],
      ["section_5", "section", "directive.sql", true, 1],
      ["section_6", "section", "directive.sql", true, 1],
      ["section_7", "section", "directive.sql", true, 6],
      ["section_8", "section", "directive.sql", true, 1],
      ["lockdown", "amendment", "amendments/lockdown.sql", true, 2],
      ["phase_4", "population", "population/phase_4.sql", true, 2],
      ["enum_inventory", "population", "population/enum_inventory.sql", true, 1],
    ]);
  });

  it("cuts directive.sql into sections that together are the file, byte for byte", () => {
    const sections = manifest.steps.filter(({ kind }) => kind === "section");
    expect(Buffer.concat(sections.map(({ bytes }) => bytes)).equals(DIRECTIVE)).toBe(true);
  });

  it("gives every section the number of its heading", () => {
    for (const { id, bytes } of manifest.steps.filter(({ kind }) => kind === "section")) {
      expect(bytes.toString("utf8")).toContain(`\n-- ${id.replace("section_", "")}. `);
    }
  });

  it("gives every step the digest of the bytes that run", () => {
    for (const { sha256: recorded, bytes, statements } of manifest.steps) {
      expect(recorded).toBe(sha256(bytes));
      expect(Buffer.concat(statements.map((one) => one.bytes)).equals(bytes)).toBe(true);
    }
  });

  it("runs the whole file of every amendment", () => {
    const amendments = manifest.steps.filter(({ kind }) => kind === "amendment");
    for (const { file, bytes } of amendments) {
      expect(bytes.equals(readFileSync(join(SQL_FOLDER, "ad_005", file)))).toBe(true);
    }
    expect(amendments.filter(({ required }) => required)).toHaveLength(3);
  });

  it("has an inverse for every optional step", () => {
    const without = manifest.steps.filter(({ required, inverse }) => !required && !inverse);
    expect(without.map(({ id }) => id)).toEqual([]);
  });

  it("has an inverse for every required step that creates something", () => {
    const inverses = manifest.steps
      .filter(({ required }) => required)
      .map(({ id, inverse }) => [id, inverse?.statements.map(({ locked }) => locked?.tag) ?? null]);
    expect(Object.fromEntries(inverses)).toEqual({
      v7_control: ["DROP TABLE", "DROP FUNCTION", "DROP SCHEMA"],
      section_1: ["DROP TABLE"],
      section_2: ["ALTER TABLE"],
      section_3: ["DROP TABLE"],
      section_4: ["DROP TABLE"],
      phase_number_unique: ["ALTER TABLE"],
      section_5: ["DROP TABLE"],
      section_6: ["DROP TABLE"],
      section_7: Array.from({ length: 6 }, () => "DROP INDEX"),
      section_8: ["DROP VIEW"],
      lockdown: null,
      phase_4: ["DELETE", "DELETE"],
      enum_inventory: ["DELETE"],
    });
  });

  it("never drops by CASCADE", async () => {
    const drops = manifest.steps.flatMap(({ inverse }) => inverse?.statements ?? []);
    const trees = await Promise.all(drops.map(({ bytes }) => parseStatement(bytes.toString())));
    const behaviours = JSON.stringify(trees).match(/DROP_\w+/g);
    expect(new Set(behaviours)).toEqual(new Set(["DROP_RESTRICT"]));
  });
});
