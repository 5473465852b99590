import { join } from "node:path";
import { applyDirective } from "../../../runner/actions/apply";
import { loadDirectives } from "../../../runner/directive/directive";
import { grantAll, makeRoles } from "../../support/drift";
import { MAJORS } from "../../support/majors";
import { serverOfFile } from "../../support/postgres";
import { approve, makeScene } from "../../support/scene";
import { addDirective, PHASE_4_RECORDS } from "../../support/sqlFolder";
import { removeFolders } from "../../unit/approval/support";

/** What an agent may do by the access matrix: renumber phase 4, and insert a row of its own in its place. */
const AS_AGENT = `SET ROLE v7_agent;
  UPDATE v7_subworkflow_tasks SET parent_phase = NULL;
  UPDATE v7_migration_workflow SET phase_number = 40 WHERE phase_number = 4;
  INSERT INTO v7_migration_workflow (phase_number, phase_name, status, lead_persona) VALUES (4, 'mine', 'approved', 'agent');
  RESET ROLE`;

const COLUMNS = "phase_name, approval_status, approved_by, approval_notes";
const OF_AGENT = {
  phase_name: "mine",
  approval_status: null,
  approved_by: null,
  approval_notes: null,
};

describe.each(MAJORS)("an agent's own row on PostgreSQL %i", (major) => {
  const server = serverOfFile({ major }, removeFolders);

  it.each([
    ["does not touch", "SELECT 1;\n", "mine"],
    [
      "writes to",
      "INSERT INTO v7_migration_workflow (phase_number, phase_name, lead_persona) VALUES (4, 'Database', 'L8') " +
        "ON CONFLICT (phase_number) DO UPDATE SET phase_name = excluded.phase_name;\n",
      "Database",
    ],
  ])("is not approved by an approved run that %s it", async (_what, sql, name) => {
    const scene = await makeScene(server());
    const owner = await scene.database.connect();
    await makeRoles(owner, scene.request.access);
    await approve(scene);
    await applyDirective(scene.request);
    await grantAll(owner, scene.request.access);
    const admin = await scene.database.connect(server().superuser);
    await admin.query(AS_AGENT);
    const sqlFolder = join(scene.folder, "sql");
    await addDirective(sqlFolder, "ad_006", sql, [], ({ steps: [section] }) => {
      Object.assign(section ?? {}, { records: PHASE_4_RECORDS });
    });
    const request = { ...scene.request, ...(await loadDirectives(sqlFolder, [])) };
    await approve({ ...scene, request }, { name: "two" });
    const { executed } = await applyDirective(request);
    expect(executed).toHaveLength(1);
    const { rows } = await admin.query(
      `SELECT ${COLUMNS} FROM v7_migration_workflow WHERE phase_number = 4`,
    );
    expect(rows).toEqual([{ ...OF_AGENT, phase_name: name }]);
  });
});
