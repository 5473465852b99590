import { join } from "node:path";
import { applyDirective } from "../../../runner/actions/apply";
import { prepareRestore, restoreArchive } from "../../../runner/actions/restore";
import { rollbackDirective } from "../../../runner/actions/rollback";
import { loadDirectives } from "../../../runner/directive/directive";
import {
  recordApproval,
  recordsToMake,
  takeBackApproval,
} from "../../../runner/execute/recordApproval";
import type { ApprovalRecord } from "../../../runner/model";
import { withConnection } from "../../../runner/postgres/connection";
import { faultOf } from "../../support/faults";
import { laterDirective, lockLater } from "../../support/laterDirective";
import { serverOfFile } from "../../support/postgres";
import { appliedScene, approve, makeScene, rollbackPlan, type Scene } from "../../support/scene";
import { addDirective, PHASE_4_RECORDS } from "../../support/sqlFolder";
import { makeKey, removeFolders, signerLine } from "../../unit/approval/support";

const theServer = serverOfFile({ major: 17 }, removeFolders);
const PHASE_4 =
  "INSERT INTO v7_migration_workflow (phase_number, phase_name, lead_persona) VALUES (4, 'Database', 'L8') " +
  "ON CONFLICT DO NOTHING;\n";

/** The same scene with a further directive of that SQL, which records approvals as ad_005 does. */
async function withDirective(scene: Scene, sql: string): Promise<Scene> {
  const sqlFolder = join(scene.folder, "sql");
  await addDirective(sqlFolder, "ad_006", sql, [], ({ steps: [section] }) => {
    Object.assign(section ?? {}, { records: PHASE_4_RECORDS });
  });
  return { ...scene, request: { ...scene.request, ...(await loadDirectives(sqlFolder, [])) } };
}

async function takeBackAndApply(scene: Scene): Promise<void> {
  await approve(scene, { plan: rollbackPlan });
  await rollbackDirective(scene.request);
  await approve(scene);
  await applyDirective(scene.request);
}

async function phase4(scene: Scene): Promise<unknown> {
  const client = await scene.database.connect();
  const { rows } = await client.query(
    "SELECT approval_status, approved_by, approval_notes FROM v7_migration_workflow WHERE phase_number = 4",
  );
  return rows;
}

describe("the row of phase 4", () => {
  it("records who approved the run, which plan, and with which nonce", async () => {
    const scene = await withDirective(await makeScene(theServer()), PHASE_4);
    const { nonce, plan } = await approve(scene, { changes: { notes: "Reviewed" } });
    await applyDirective(scene.request);
    expect(await phase4(scene)).toEqual([
      {
        approval_status: "approved",
        approved_by: "architect",
        approval_notes: `Plan ${plan}\narchitect, nonce ${nonce}: Reviewed`,
      },
    ]);
  });

  it("names every signer in its notes, and as many as fit in approved_by", async () => {
    const long = `b${"o".repeat(99)}b`;
    const second = makeKey();
    const made = await makeScene(theServer(), {
      rules: { requiredApprovals: 2 },
      signers: (key) => signerLine("architect", key) + signerLine(long, second),
    });
    const scene = await withDirective(made, PHASE_4);
    await approve(scene);
    await approve(scene, { name: "two", key: second, approver: long });
    await applyDirective(scene.request);
    const [row] = (await phase4(scene)) as { approved_by: string; approval_notes: string }[];
    expect(row?.approved_by).toBe(`architect, b${"o".repeat(87)}…`);
    expect(row?.approval_notes).toContain(`\n${long}, nonce `);
  });

  it("keeps what a person has written", async () => {
    const written =
      "INSERT INTO v7_migration_workflow (phase_number, phase_name, lead_persona, approval_status) " +
      "VALUES (4, 'Database', 'L8', 'waiting for the board') " +
      "ON CONFLICT (phase_number) DO UPDATE SET approval_status = excluded.approval_status;\n";
    const scene = await withDirective(await makeScene(theServer()), written);
    await approve(scene);
    await applyDirective(scene.request);
    expect(await phase4(scene)).toEqual([
      { approval_status: "waiting for the board", approved_by: null, approval_notes: null },
    ]);
  });

  it("records no approval when none was asked for, or when its table does not exist", async () => {
    const database = await theServer().createDatabase({ shape: "supabase", unprotected: true });
    const client = await database.connect();
    const approvals = [{ approver: "architect", nonce: "ab".repeat(16), notes: "" }];
    const made = await makeScene(theServer());
    const unmade = await recordsToMake(client, made.request.steps);
    expect(unmade).toHaveLength(1);
    await recordApproval(client, "cd".repeat(32), { approvals }, unmade);
    const request = { ...made.request, authorize: () => Promise.resolve({}) };
    const scene = await withDirective({ ...made, request }, PHASE_4);
    await applyDirective(scene.request);
    const { rows } = await withConnection(scene.request.connection, (one) =>
      one.query("SELECT approved_by FROM public.v7_migration_workflow WHERE phase_number = 4"),
    );
    expect(rows).toEqual([{ approved_by: null }]);
  });

  it("can be in any table with any column names, as a directive declares", async () => {
    const database = await theServer().createDatabase({ shape: "supabase", unprotected: true });
    const client = await database.connect();
    const records: ApprovalRecord = {
      table: { schema: "public", name: "Log's" },
      row: { kind: "it's \\ mine", number: "7" },
      set: { '"state"': "it's done" },
      approvers: "who's",
      notes: "notes",
      time: "at",
    };
    await client.query(
      `CREATE TABLE "Log's" (kind text, number integer, """state""" text, "who's" text, notes text, at timestamptz)`,
    );
    await client.query("BEGIN");
    await client.query(`INSERT INTO "Log's" VALUES ($1, 7), ($1, 8)`, [records.row["kind"]]);
    const approvals = [{ approver: "o'hara", nonce: "ab".repeat(16), notes: "it's good" }];
    await recordApproval(client, "cd".repeat(32), { approvals }, [records]);
    const written = async (): Promise<unknown> =>
      (await client.query(`SELECT """state""" AS state, "who's" AS who FROM "Log's" ORDER BY 1`))
        .rows;
    const nothing = { state: null, who: null };
    expect(await written()).toEqual([{ state: "it's done", who: "o'hara" }, nothing]);
    const history = [{ planDigest: "cd".repeat(32), details: { approvals } }] as never;
    await takeBackApproval(client, [{ records, statements: [] }], [records.table], history);
    expect(await written()).toEqual([nothing, nothing]);
    await client.query("ROLLBACK");
  });

  it("is written under the names that the same run gives its table, also when a view takes the former name", async () => {
    const scene = await makeScene(theServer());
    const sqlFolder = join(scene.folder, "sql");
    const undo = `DROP VIEW v7_migration_workflow; ALTER TABLE v7_phase RENAME COLUMN approver TO approved_by;
      ALTER TABLE v7_phase RENAME TO v7_migration_workflow`;
    const sql = [
      "ALTER TABLE v7_migration_workflow RENAME TO v7_phase",
      "ALTER TABLE v7_phase RENAME COLUMN approved_by TO approver",
      "CREATE VIEW v7_migration_workflow AS SELECT phase_number, approval_status, approver AS approved_by, approval_notes, updated_at FROM v7_phase",
    ];
    await laterDirective("", [{ sql, inverse: undo }], sqlFolder);
    await lockLater(sqlFolder, 17);
    const request = { ...scene.request, ...(await loadDirectives(sqlFolder, [])) };
    const renamed = { ...scene, request };
    const { plan, nonce } = await approve(renamed);
    await applyDirective(request);
    const approved = [
      {
        approval_status: "approved",
        approved_by: "architect",
        approval_notes: `Plan ${plan}\narchitect, nonce ${nonce}`,
      },
    ];
    expect(await phase4(scene)).toEqual(approved);
    await takeBackAndApply(renamed);
    await approve(renamed, { plan: prepareRestore });
    expect((await faultOf(() => restoreArchive(request))).code).toBe("RESTORE_REFUSED");
  });

  it("is replaced by the archived row at a restore", async () => {
    const scene = await appliedScene(theServer());
    const before = await phase4(scene);
    await takeBackAndApply(scene);
    expect(await phase4(scene)).not.toEqual(before);
    await approve(scene, { plan: prepareRestore });
    await restoreArchive(scene.request);
    expect(await phase4(scene)).toEqual(before);
  });

  it("makes a restore fail when a person has changed it", async () => {
    const scene = await appliedScene(theServer());
    await takeBackAndApply(scene);
    const client = await scene.database.connect();
    await client.query(
      "UPDATE v7_migration_workflow SET approval_notes = 'as said in the meeting'",
    );
    await approve(scene, { plan: prepareRestore });
    await expect(restoreArchive(scene.request)).rejects.toThrow(/^RESTORE_REFUSED: /);
  });
});
