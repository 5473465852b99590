import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { applyDirective } from "../../../runner/actions/apply";
import { rollbackDirective } from "../../../runner/actions/rollback";
import { loadDirectives } from "../../../runner/directive/directive";
import { applyRequest, SQL_FOLDER } from "../../support/directive";
import { carriedOut, driftOf, grantAll } from "../../support/drift";
import { faultOf } from "../../support/faults";
import { laterDirective, lockLater } from "../../support/laterDirective";
import { serverOfFile } from "../../support/postgres";
import { relock } from "../../support/relock";
import { removeCopies } from "../../support/sqlFolder";

const server = serverOfFile({ major: 18 }, removeCopies);

/** A directive that changes the view of an optional amendment of ad_005's, with those amendments in its manifest. */
async function onAmendment(...amendments: readonly string[]): Promise<string> {
  const folder = await laterDirective("", [
    {
      sql: "ALTER VIEW v7_migration_dashboard_by_phase RENAME COLUMN phase_name TO phase",
      inverse: "ALTER VIEW v7_migration_dashboard_by_phase RENAME COLUMN phase TO phase_name",
    },
  ]);
  const manifest = join(folder, "ad_006", "manifest.yaml");
  const named = `amendments: ${JSON.stringify(amendments)}\n`;
  writeFileSync(manifest, `${readFileSync(manifest, "utf8")}${named}`);
  return folder;
}

describe("a directive on top of an optional amendment of an earlier one", () => {
  it("is not locked when its manifest does not name the amendment", async () => {
    const folder = await onAmendment();
    const { message } = await faultOf(() => lockLater(folder, 18));
    expect(message).toMatch(/relation "v7_migration_dashboard_by_phase" does not exist/);
  });

  it("applies the amendment too, although the settings do not name it", async () => {
    const folder = await onAmendment("dashboard_by_phase");
    await lockLater(folder, 18);
    const { database } = await carriedOut(server(), SQL_FOLDER);
    const request = await applyRequest(database, folder);
    const { executed } = await applyDirective(request);
    expect(executed.map(({ step }) => `${step.directive}/${step.id}`)).toStrictEqual([
      "ad_005/dashboard_by_phase",
      "ad_006/section_1",
    ]);
    const owner = await database.connect();
    await grantAll(owner, request.access);
    expect(await driftOf(owner, request)).toStrictEqual([]);
    const { undone } = await rollbackDirective({ ...request, to: "ad_005" });
    expect(undone).toStrictEqual(["section_1"]);
  });

  it("is refused when it names a step that is not an optional amendment", async () => {
    const folder = await onAmendment("lockdown");
    const { message } = await faultOf(() => lockLater(folder, 18));
    expect(message).toBe(
      'MANIFEST_INVALID: reading `amendments` of "sql/ad_006/manifest.yaml": found "lockdown", ' +
        "expected any of dashboard_by_phase, updated_at_triggers, row_level_security, " +
        "dashboard_security_invoker, concurrent_indexes. Name optional amendments of earlier directives, " +
        "which this one builds on.",
    );
  });

  it("stays locked when another amendment changes, and not when its own changes", async () => {
    const folder = await onAmendment("dashboard_by_phase");
    await lockLater(folder, 18);
    const change = async (amendment: string): Promise<void> => {
      const file = join(folder, "ad_005", "amendments", `${amendment}.sql`);
      writeFileSync(file, `${readFileSync(file, "utf8")}-- changed\n`);
      await relock(folder, "ad_005");
    };
    await change("row_level_security");
    await expect(loadDirectives(folder, [])).resolves.toBeDefined();
    await change("dashboard_by_phase");
    const { code } = await faultOf(() => loadDirectives(folder, []));
    expect(code).toBe("DIRECTIVE_CHANGED");
  });
});
