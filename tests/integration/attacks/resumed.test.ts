import { cpSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Client } from "pg";
import { applyDirective } from "../../../runner/actions/apply";
import { stepEntry } from "../../../runner/actions/historyEntries";
import { revoke } from "../../../runner/actions/revoke";
import { rollbackDirective } from "../../../runner/actions/rollback";
import { loadDirectives } from "../../../runner/directive/directive";
import { BEGUN } from "../../../runner/history/begunSteps";
import { appendHistory } from "../../../runner/history/history";
import type { PreparedPlan } from "../../../runner/plan/plan";
import { prepareRollback } from "../../../runner/plan/preparePlan";
import { planned, SQL_FOLDER } from "../../support/directive";
import { faultOf } from "../../support/faults";
import { laterDirective } from "../../support/laterDirective";
import { serverOfFile } from "../../support/postgres";
import { relock } from "../../support/relock";
import {
  approve,
  expectRefused,
  historyFindings,
  makeScene,
  type Scene,
} from "../../support/scene";
import { addDirective, editManifest, stepOf } from "../../support/sqlFolder";
import { firedTraps } from "../../support/traps";
import { until } from "../../support/until";
import { makeFolder, removeFolders } from "../../unit/approval/support";

const FILL = `UPDATE file_audit SET status = 'filled' WHERE id IN (
  SELECT id FROM file_audit WHERE status IS DISTINCT FROM 'filled'::varchar LIMIT 2)`;

const STEPS = [
  { sql: "SELECT 1", inverse: "SELECT 1" },
  {
    id: "fill",
    kind: "backfill" as const,
    sql: FILL,
    inverse: "UPDATE file_audit SET status = NULL",
  },
];

/** A better match for what the backfill compares: text IS DISTINCT FROM varchar. */
const PLANTED = `CREATE FUNCTION public.planted(text, varchar) RETURNS boolean LANGUAGE plpgsql AS
    'BEGIN RAISE LOG ''TRAP fired''; RETURN $1 OPERATOR(pg_catalog.=) $2::text; END';
  CREATE OPERATOR public.= (LEFTARG = text, RIGHTARG = varchar, FUNCTION = public.planted)`;

interface Begun {
  readonly scene: Scene;
  readonly client: Client;
  readonly prepared: PreparedPlan;
  readonly nonce: string;
  readonly plan: string;
}

describe("a run that ended before its last part", () => {
  const server = serverOfFile({ major: 17 }, removeFolders);

  /** A protected database on which an approved backfill began and did not end. */
  async function begun(): Promise<Begun> {
    const folder = makeFolder();
    const sql = join(folder, "sql");
    cpSync(SQL_FOLDER, sql, { recursive: true });
    await laterDirective("", STEPS, sql);
    const scene = await makeScene(server(), { folder });
    const client = await scene.database.connect();
    await client.query(
      `INSERT INTO file_audit (file_path) SELECT n::text FROM generate_series(1, 5) n;
       CREATE FUNCTION stop() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RAISE EXCEPTION ''stop''; END';
       CREATE TRIGGER stops BEFORE UPDATE ON file_audit FOR EACH ROW EXECUTE FUNCTION stop()`,
    );
    const prepared = await planned(scene.request);
    const { nonce, plan } = await approve(scene);
    await expect(applyDirective(scene.request)).rejects.toThrow(/^STATEMENT_FAILED/);
    await client.query("DROP FUNCTION stop CASCADE");
    return { scene, client, prepared, nonce, plan };
  }

  const again = async ({ folder, request }: Scene): Promise<unknown> =>
    await applyDirective({ ...request, ...(await loadDirectives(join(folder, "sql"), [])) });

  const statuses = async (client: Client): Promise<readonly unknown[]> =>
    (await client.query<{ status: unknown }>("SELECT DISTINCT status FROM file_audit")).rows.map(
      ({ status }) => status,
    );

  async function expectNothingRuns({ scene, client }: Begun, code: string): Promise<void> {
    await expectRefused(scene.database, code, () => again(scene));
    expect(await statuses(client)).toEqual([null]);
  }

  it("is resumed without a second approval, unless a later directive is added", async () => {
    const { scene, client } = await begun();
    await again(scene);
    expect(await statuses(client)).toEqual(["filled"]);
    expect(await historyFindings(scene)).toEqual([]);

    const other = await begun();
    await addDirective(join(other.scene.folder, "sql"), "ad_007", "SELECT 1;\n");
    const request = {
      ...other.scene.request,
      ...(await loadDirectives(join(other.scene.folder, "sql"), [])),
    };
    await expectNothingRuns(other, "APPROVAL_WRONG_PLAN");
    await approve({ ...other.scene, request }, { name: "two" });
    await applyDirective(request);
    expect(await statuses(other.client)).toEqual(["filled"]);
    expect(await historyFindings({ ...other.scene, request })).toEqual([]);
  });

  it("is not resumed with other SQL that the manifest declares to be the same step", async () => {
    const place = await begun();
    const { scene } = place;
    const sql = join(scene.folder, "sql");
    const file = join(sql, "ad_006", "amendments", "fill.sql");
    writeFileSync(file, readFileSync(file, "utf8").replaceAll("'filled'", "'planted'"));
    editManifest(
      sql,
      (manifest) => {
        const formerly = scene.request.steps.find(({ id }) => id === "fill")?.sha256;
        Object.assign(stepOf(manifest, "fill"), { formerly: [formerly] });
      },
      "ad_006",
    );
    await relock(sql, "ad_006");
    await expectNothingRuns(place, "HISTORY_CONFLICT");
  });

  it.each([
    ["lock.json", '"version": 1', '"version":  1'],
    ["manifest.yaml", "reason: a test", "reason: another"],
  ])("is not resumed with another %s", async (file, from, to) => {
    const place = await begun();
    const path = join(place.scene.folder, "sql", "ad_006", file);
    const text = readFileSync(path, "utf8");
    expect(text).toContain(from);
    writeFileSync(path, text.replace(from, to));
    await expectNothingRuns(place, "HISTORY_CONFLICT");
  });

  it.each(["plan", "nonce", "key"] as const)(
    "is not resumed when its %s is revoked",
    async (kind) => {
      const place = await begun();
      const { scene, nonce, plan } = place;
      const value = { plan, nonce, key: scene.key.fingerprint }[kind];
      await revoke({ ...scene.request, revoked: { kind, value }, reason: "" });
      await expectNothingRuns(place, "APPROVAL_REVOKED");
      // A new signature is an approval unless the plan or the key is revoked.
      await approve(scene, { name: "anew", plan: () => Promise.resolve(place.prepared) });
      await (kind === "nonce" ? again(scene) : expectNothingRuns(place, "APPROVAL_REVOKED"));
      expect(await historyFindings(scene)).toEqual([]);
    },
  );

  it("is not resumed when a signer has rejected the plan since", async () => {
    const place = await begun();
    await approve(place.scene, {
      name: "rejected",
      plan: () => Promise.resolve(place.prepared),
      changes: { decision: "rejected" },
    });
    await expectNothingRuns(place, "APPROVAL_REJECTED");
  });

  it.each([
    ["a plan that nobody signed", "a".repeat(64)],
    ["the plan of an earlier run", undefined],
  ])("is not resumed from a forged row of the history that names %s", async (_, forged) => {
    const place = await begun();
    const { scene, client } = place;
    await again(scene);
    await approve(scene, {
      name: "back",
      plan: (one, request) => prepareRollback(one, { ...request, to: "ad_005" }),
    });
    await rollbackDirective({ ...scene.request, to: "ad_005" });
    await client.query("UPDATE file_audit SET status = NULL");
    await appendHistory(
      client,
      scene.request.steps
        .filter(({ directive }) => directive === "ad_006")
        .map((step) => stepEntry("apply", forged ?? place.plan, step, 0, { state: BEGUN })),
    );
    await expectNothingRuns(place, "APPROVAL_REQUIRED");
  });

  it("is not resumed when somebody has planted an operator in between", async () => {
    const place = await begun();
    const admin = await place.scene.database.connect(server().superuser);
    await admin.query(PLANTED);
    await expectNothingRuns(place, "PRECHECK_FAILED");
    expect(firedTraps(server())).toStrictEqual([]);
  });

  it("stops between two batches when somebody plants an operator there", async () => {
    const { scene, client } = await begun();
    const admin = await scene.database.connect(server().superuser);
    await admin.query(
      `CREATE FUNCTION wait() RETURNS trigger LANGUAGE plpgsql AS
         'BEGIN PERFORM pg_catalog.pg_advisory_xact_lock(30); RETURN NEW; END';
       CREATE TRIGGER waits BEFORE UPDATE ON file_audit FOR EACH ROW EXECUTE FUNCTION wait();
       SELECT pg_advisory_lock(30)`,
    );
    const run = faultOf(() => again(scene));
    await until(async () => {
      const { rowCount } = await admin.query(
        "SELECT FROM pg_stat_activity WHERE application_name = 'v7 apply' AND wait_event = 'advisory' AND query LIKE '%filled%'",
      );
      return rowCount === 1;
    });
    await admin.query(`${PLANTED}; SELECT pg_advisory_unlock(30)`);
    const { code, message } = await run;
    expect([code, message]).toEqual(["PRECHECK_FAILED", expect.stringContaining("before fill")]);
    const { rows } = await client.query("SELECT FROM file_audit WHERE status = 'filled'");
    expect(rows).toHaveLength(2);
    expect(firedTraps(server())).toStrictEqual([]);
  });
});
