import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { chooseSteps, loadDirectives, stepKey } from "../../../runner/directive/directive";
import { loadManifest } from "../../../runner/directive/manifest";
import type { Step } from "../../../runner/model";
import { faultOf } from "../../support/faults";
import { addDirective, copySqlFolder, removeCopies, SQL_FOLDER } from "../../support/sqlFolder";

afterAll(removeCopies);

describe("the directives of sql/", () => {
  it("are ad_005 alone, with its own access matrix and expected catalog", async () => {
    const { names, access, steps } = await loadDirectives(SQL_FOLDER, []);
    expect(names).toEqual(["ad_005"]);
    expect(Object.keys(access.roles)).toContain("v7_agent");
    expect(new Set(steps.map(({ directive }) => directive))).toEqual(new Set(["ad_005"]));
  });

  it("are found by their folders and ordered by their numbers, not by their letters", async () => {
    const folder = copySqlFolder();
    addDirective(folder, "ad_1000", "CREATE TABLE v7_last (id integer);\n");
    addDirective(folder, "ad_006", "CREATE TABLE v7_extra (id integer);\n");
    writeFileSync(join(folder, "ad_notes"), "");
    const { names, allSteps } = await loadDirectives(folder, []);
    expect(names).toEqual(["ad_005", "ad_006", "ad_1000"]);
    expect(allSteps.slice(-2).map(stepKey)).toEqual(["ad_006/section_1", "ad_1000/section_1"]);
  });

  it("give one expected catalog, in which a later one may change or take away what an earlier one made", async () => {
    const folder = copySqlFolder();
    addDirective(folder, "ad_006", "DROP INDEX idx_test_results_status;\n", {
      "index public.idx_test_results_status": null,
      "table public.v7_test_results": { changed: true },
    });
    const { expected } = await loadDirectives(folder, []);
    expect(expected).not.toHaveProperty(["index public.idx_test_results_status"]);
    expect(expected["table public.v7_test_results"]).toEqual({ changed: true });
  });

  it("are refused where there is none", async () => {
    await expect(loadDirectives(join(SQL_FOLDER, "dev_baseline"), [])).rejects.toThrow(
      /^MANIFEST_INVALID: looking for directives in .*: found none/,
    );
  });

  it("are refused where two have an optional amendment of one name", async () => {
    const folder = copySqlFolder();
    for (const name of ["ad_006", "ad_007"]) {
      addDirective(folder, name, "CREATE TABLE v7_x (id integer);\n", {}, (manifest) => {
        Object.assign(manifest.steps[0] ?? {}, { id: "twin", required: false });
      });
    }
    await expect(loadDirectives(folder, [])).rejects.toThrow(
      /^MANIFEST_INVALID: .*ad_007.*the optional amendment "twin"/,
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
  ])("with %j chosen are these, in the manifest's order", (chosen, expected) => {
    expect(chooseSteps(steps, chosen).map(({ id }) => id)).toEqual(expected);
  });

  it("are refused where one is chosen that is not there, or need not be chosen", async () => {
    const { message } = await faultOf(() => chooseSteps(steps, ["lockdown", "x", "section_1"]));
    expect(message).toBe(
      'SETTING_INVALID: reading setting "v7:amendments": found "x", "section_1", ' +
        "expected any of section_7, lockdown. Correct the list; required amendments need not be named.",
    );
  });
});
