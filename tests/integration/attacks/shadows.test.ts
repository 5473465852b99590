import type { Client } from "pg";
import { applyDirective } from "../../../runner/actions/apply";
import { repairDrift } from "../../../runner/actions/repair";
import { restoreArchive } from "../../../runner/actions/restore";
import { rollbackDirective } from "../../../runner/actions/rollback";
import { connectionOf, requestFor, type TestRequest } from "../../support/directive";
import { faultOf } from "../../support/faults";
import { MAJORS } from "../../support/majors";
import { serverOfFile } from "../../support/postgres";
import { firedTraps, makePlanter, plantInPublic } from "../../support/traps";

const REFUSED =
  /^PRECHECK_FAILED: .* operator public\.=\(character varying,text\), which PostgreSQL may take/s;

describe.each(MAJORS)("code planted in public on PostgreSQL %i", (major) => {
  const server = serverOfFile({ major });

  async function open(): Promise<{ admin: Client; request: TestRequest }> {
    const database = await server().createDatabase({ shape: "supabase", unprotected: true });
    const admin = await database.connect(server().superuser);
    await makePlanter(admin);
    const request = await requestFor(connectionOf(database));
    await applyDirective(request);
    await admin.query(
      "INSERT INTO v7_test_results (test_type, component_tested, test_status) VALUES ('unit', 'x', 'pass')",
    );
    return { admin, request };
  }

  it("does not run in a repair", async () => {
    const { admin, request } = await open();
    const { rows } = await admin.query<{ drop: string }>(
      `SELECT format('ALTER TABLE %s DROP CONSTRAINT %I', conrelid::regclass, conname) AS drop FROM pg_constraint
        WHERE contype = 'c' AND conrelid IN (SELECT oid FROM pg_class WHERE relname LIKE 'v7%')`,
    );
    for (const { drop } of rows) {
      await admin.query(drop);
    }
    await plantInPublic(admin);
    const before = firedTraps(server()).length;
    expect((await faultOf(() => repairDrift(request))).message).toMatch(REFUSED);
    expect(firedTraps(server()).slice(before)).toStrictEqual([]);
  });

  it("does not run in a restore", async () => {
    const { admin, request } = await open();
    await rollbackDirective(request);
    await applyDirective(request);
    await plantInPublic(admin);
    const before = firedTraps(server()).length;
    expect((await faultOf(() => restoreArchive(request))).message).toMatch(REFUSED);
    expect(firedTraps(server()).slice(before)).toStrictEqual([]);
  });
});
