import { rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { keyOf } from "../../../runner/catalog/kinds/objectId";
import { changeOf } from "../../../runner/catalog/lockedChange";
import { chooseSteps, loadDirectives, stepKey } from "../../../runner/directive/directive";
import { loadManifest } from "../../../runner/directive/manifest";
import type { CatalogObject, ObjectId, Step } from "../../../runner/model";
import { faultOf } from "../../support/faults";
import { relock } from "../../support/relock";
import {
  addDirective,
  copySqlFolder,
  removeCopies,
  SQL_FOLDER,
  writeSql,
  editManifest,
  stepOf,
} from "../../support/sqlFolder";

const TEST_RESULTS: ObjectId = { kind: "table", schema: "public", name: "v7_test_results" };

afterAll(removeCopies);

describe("the directives of sql/", () => {
  it("are only ad_005, with its access matrix", async () => {
    const { names, access, steps } = await loadDirectives(SQL_FOLDER, []);
    expect(names).toEqual(["ad_005"]);
    expect(Object.keys(access.roles)).toContain("v7_agent");
    expect(new Set(steps.map(({ directive }) => directive))).toEqual(new Set(["ad_005"]));
  });

  it("are found by their folders and ordered by their numbers", async () => {
    const folder = copySqlFolder();
    await addDirective(folder, "ad_006", "CREATE TABLE v7_extra (id integer);\n");
    await addDirective(folder, "ad_1000", "CREATE TABLE v7_last (id integer);\n");
    writeFileSync(join(folder, "ad_notes"), "");
    const { names, allSteps } = await loadDirectives(folder, []);
    expect(names).toEqual(["ad_005", "ad_006", "ad_1000"]);
    expect(allSteps.slice(-2).map(stepKey)).toEqual(["ad_006/section_1", "ad_1000/section_1"]);
  });

  it("are summed by their locks: a later one may change or remove objects of an earlier one", async () => {
    const folder = copySqlFolder();
    const index = { kind: "index", name: "idx_test_results_status", of: TEST_RESULTS };
    const before = await loadDirectives(SQL_FOLDER, []);
    const [made] = changeOf(before.steps).added.filter(({ id }) => keyOf(id) === keyOf(index));
    expect(made).toBeDefined();
    await addDirective(folder, "ad_006", "DROP INDEX idx_test_results_status;\n", [
      {
        removed: made === undefined ? [] : [made],
        changed: [{ id: TEST_RESULTS, properties: { comment: { from: null, to: "x" } } }],
      },
    ]);
    const { added } = changeOf((await loadDirectives(folder, [])).steps);
    const find = (id: ObjectId): CatalogObject | undefined =>
      added.find((one) => keyOf(one.id) === keyOf(id));
    expect(find(index)).toBeUndefined();
    expect(find(TEST_RESULTS)?.properties).toHaveProperty("comment", "x");
  });

  it("are refused if an earlier one changed or was removed after a later one was locked", async () => {
    const folder = copySqlFolder();
    await addDirective(folder, "ad_006", "CREATE TABLE v7_extra (id integer);\n");
    await expect(loadDirectives(folder, [])).resolves.toBeDefined();
    writeSql(folder, "amendments/lockdown.sql", "ANALYZE file_audit;\nANALYZE file_audit;\n");
    await relock(folder, "ad_005");
    const refused = (directive: string, others: string): string =>
      `DIRECTIVE_CHANGED: checking "sql/${directive}/lock.json": found other files of ${others} than it was made after, ` +
      `expected a lock that was made after the directives before it, as they are. Run npx v7 directive lock ${directive}.`;
    expect((await faultOf(() => loadDirectives(folder, []))).message).toBe(
      refused("ad_006", "ad_005"),
    );
    await relock(folder, "ad_006");
    await addDirective(folder, "ad_007", "CREATE TABLE v7_more (id integer);\n");
    rmSync(join(folder, "ad_006"), { recursive: true });
    expect((await faultOf(() => loadDirectives(folder, []))).message).toBe(
      refused("ad_007", "ad_006"),
    );
  });

  it("are refused if there is none", async () => {
    await expect(loadDirectives(join(SQL_FOLDER, "dev_baseline"), [])).rejects.toThrow(
      /^MANIFEST_INVALID: looking for directives in .*: found none/,
    );
  });

  it("are refused if two have an optional amendment of one name", async () => {
    const folder = copySqlFolder();
    for (const name of ["ad_006", "ad_007"]) {
      await addDirective(folder, name, "CREATE TABLE v7_x (id integer);\n", [], (manifest) => {
        Object.assign(manifest.steps[0] ?? {}, { id: "twin", required: false });
      });
    }
    await expect(loadDirectives(folder, [])).rejects.toThrow(
      /^MANIFEST_INVALID: .*ad_007.*the optional amendment "twin"/,
    );
  });

  it("are refused if approvals are recorded in a column that no step makes", async () => {
    const folder = copySqlFolder();
    editManifest(folder, (manifest) => {
      Object.assign(stepOf(manifest, "phase_4")["records"] as object, { time: "approved_at" });
    });
    await expect(loadDirectives(folder, [])).rejects.toThrow(
      /^MANIFEST_INVALID: .*ad_005.*step "phase_4", whose records name "approved_at", expected columns /,
    );
  });
});

describe("the steps that run", () => {
  let steps: Step[];
  beforeAll(async () => {
    steps = (await loadManifest(SQL_FOLDER, "ad_005")).steps
      .filter((step) => step.required)
      .map((step) => ({ ...step, required: !["lockdown", "section_7"].includes(step.id) }));
  });
  const required = [
    "v7_control",
    "section_1",
    "section_2",
    "section_3",
    "section_4",
    "phase_number_unique",
    "section_5",
    "section_6",
    "section_8",
  ];
  const population = ["phase_4", "enum_inventory"];

  it.each([
    [[], [...required, ...population]],
    [["lockdown"], [...required, "lockdown", ...population]],
    [
      ["lockdown", "section_7"],
      [...required.slice(0, -1), "section_7", "section_8", "lockdown", ...population],
    ],
  ])("are in the manifest's order with %j chosen", (chosen, expected) => {
    expect(chooseSteps(steps, chosen).map(({ id }) => id)).toEqual(expected);
  });

  it("are refused if a chosen one is unknown or required", async () => {
    const { message } = await faultOf(() => chooseSteps(steps, ["lockdown", "x", "section_1"]));
    expect(message).toBe(
      'SETTING_INVALID: reading setting "v7:amendments": found "x", "section_1", ' +
        "expected any of section_7, lockdown. Correct the list; required amendments need not be named.",
    );
  });
});
