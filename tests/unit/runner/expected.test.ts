import { readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expectedWith, loadExpected } from "../../../runner/directive/expectedCatalog";
import { faultOf } from "../../support/faults";
import { SQL_FOLDER, copySqlFolder, removeCopies } from "../../support/sqlFolder";

afterEach(removeCopies);

/** A copy whose verify/expected.json is this text. */
function copyWith(text: string): string {
  const folder = copySqlFolder();
  writeFileSync(join(folder, "ad_005", "verify", "expected.json"), text);
  return folder;
}

describe("the expected snapshot", () => {
  it("is the required part of verify/expected.json, where no amendment is chosen", () => {
    const path = join(SQL_FOLDER, "ad_005", "verify", "expected.json");
    const { required } = JSON.parse(readFileSync(path, "utf8")) as { required: unknown };
    expect(expectedWith(loadExpected(SQL_FOLDER, "ad_005", []), [])).toEqual(required);
  });

  it("has the directive's five tables, its view, its twelve columns and its six indexes", () => {
    const keys = Object.keys(loadExpected(SQL_FOLDER, "ad_005", []).required);
    const named = (pattern: RegExp): string[] => keys.filter((key) => pattern.test(key)).sort();
    expect(named(/^(table|view) public\./)).toEqual([
      "table public.v7_enum_migrations",
      "table public.v7_global_impacts",
      "table public.v7_migration_workflow",
      "table public.v7_subworkflow_tasks",
      "table public.v7_test_results",
      "view public.v7_migration_dashboard",
    ]);
    expect(named(/^column public\.file_audit\./)).toHaveLength(12);
    expect(named(/^index public\.idx_/)).toEqual([
      "index public.idx_enum_migrations_status",
      "index public.idx_file_audit_v7_status",
      "index public.idx_global_impacts_risk",
      "index public.idx_subworkflow_status",
      "index public.idx_test_results_status",
      "index public.idx_v7_workflow_status",
    ]);
  });

  it("has what a chosen amendment adds or changes, and nothing of one that is not chosen", () => {
    const folder = copyWith(
      JSON.stringify({
        required: { a: 1, b: 2 },
        amendments: { more: { b: 3, c: 4 }, other: { d: 5 } },
      }),
    );
    expect(expectedWith(loadExpected(folder, "ad_005", ["more"]), ["more"])).toEqual({
      a: 1,
      b: 3,
      c: 4,
    });
  });

  it("is refused where an amendment has no entry", async () => {
    const { message } = await faultOf(() => loadExpected(SQL_FOLDER, "ad_005", ["nonesuch"]));
    expect(message).toBe(
      'MANIFEST_INVALID: reading "sql/ad_005/verify/expected.json": found no entry for the amendment "nonesuch". ' +
        "Make it as docs/sql.md says.",
    );
  });

  it("is refused where it is not JSON, or not there", async () => {
    const folder = copyWith("{");
    expect((await faultOf(() => loadExpected(folder, "ad_005", []))).code).toBe("MANIFEST_INVALID");
    rmSync(join(folder, "ad_005", "verify", "expected.json"));
    expect((await faultOf(() => loadExpected(folder, "ad_005", []))).code).toBe("MANIFEST_INVALID");
  });
});
