import type { Client } from "pg";
import { applyDirective } from "../../../runner/actions/apply";
import { rollbackDirective } from "../../../runner/actions/rollback";
import { stateOf } from "../../../runner/history/begunSteps";
import { readHistory } from "../../../runner/history/history";
import { describePreparedPlan } from "../../../runner/plan/planText";
import { preparePlan } from "../../../runner/plan/preparePlan";
import { describeRehearsal } from "../../../runner/rehearsal/rehearsalText";
import { rehearse } from "../../../runner/rehearsal/rehearse";
import { asRunner } from "../../support/asRunner";
import { applyRequest, SQL_FOLDER, type TestRequest } from "../../support/directive";
import { carriedOut, driftOf } from "../../support/drift";
import { faultOf } from "../../support/faults";
import { laterDirective, lockLater, type LaterStep } from "../../support/laterDirective";
import { MAJORS } from "../../support/majors";
import { serverOfFile } from "../../support/postgres";
import { removeCopies } from "../../support/sqlFolder";
import { until } from "../../support/until";
import { APPLICATION } from "./rows";

const FILL = "fill";
const STEPS: readonly LaterStep[] = [
  {
    id: "section_1",
    kind: "section",
    sql: "ALTER TABLE app_order ADD COLUMN size integer",
    inverse: "ALTER TABLE app_order DROP COLUMN size",
  },
  {
    id: FILL,
    kind: "backfill",
    sql: `UPDATE app_order SET size = length(state)
      WHERE id IN (SELECT id FROM app_order WHERE size IS NULL ORDER BY id LIMIT 20)`,
    inverse: "UPDATE app_order SET size = NULL",
  },
  {
    id: "section_2",
    kind: "section",
    sql: "ALTER TABLE app_order ADD CONSTRAINT app_order_size CHECK (size > 0)",
    inverse: "ALTER TABLE app_order DROP CONSTRAINT app_order_size",
  },
  {
    id: "newest",
    kind: "value",
    sql: "ALTER TYPE app_kind ADD VALUE IF NOT EXISTS 'newest'",
    inverse: `CREATE TYPE app_kind_before AS ENUM ('old', 'new'); DROP TYPE app_kind;
      ALTER TYPE app_kind_before RENAME TO app_kind`,
  },
  {
    id: "section_3",
    kind: "section",
    sql: "ALTER TABLE app_person ADD COLUMN kind app_kind NOT NULL DEFAULT 'newest' CHECK (kind <> 'old')",
    inverse: "ALTER TABLE app_person DROP COLUMN kind",
  },
];

const IDS = STEPS.map(({ id }) => id);
const [, ...BEHIND] = IDS;

afterAll(removeCopies);

describe.each(MAJORS)("a directive that is committed part by part on PostgreSQL %i", (major) => {
  const server = serverOfFile({ major });
  let folder: string;

  beforeAll(async () => {
    folder = await laterDirective(APPLICATION, STEPS);
    await lockLater(folder, major);
  });

  /** A database with ad_005 and the application's tables, and what brings ad_006 onto it. */
  async function prepared(): Promise<{ client: Client; other: Client; request: TestRequest }> {
    const { database } = await carriedOut(server(), SQL_FOLDER, APPLICATION);
    return {
      client: await database.connect(server().superuser),
      other: await database.connect(),
      request: await applyRequest(database, folder),
    };
  }

  /** Ends the run in the middle of its second batch: one of its rows waits for a lock. */
  async function killed(client: Client, other: Client, request: TestRequest): Promise<void> {
    await other.query(
      `CREATE FUNCTION wait() RETURNS trigger LANGUAGE plpgsql AS
           'BEGIN PERFORM pg_catalog.pg_advisory_xact_lock(30); RETURN NEW; END';
         CREATE TRIGGER waits BEFORE UPDATE ON app_order FOR EACH ROW WHEN (NEW.id = 30) EXECUTE FUNCTION wait();
         SELECT pg_advisory_lock(30)`,
    );
    const run = faultOf(() => applyDirective(request));
    await until(async () => {
      const { rowCount } = await client.query(
        `SELECT pg_terminate_backend(pid) FROM pg_stat_activity
          WHERE application_name = 'v7 apply' AND datname = current_database() AND wait_event_type = 'Lock'
            AND query LIKE '%SET size%'`,
      );
      return rowCount === 1;
    });
    await run;
    await other.query("SELECT pg_advisory_unlock(30); DROP FUNCTION wait CASCADE");
  }

  const states = async (client: Client): Promise<readonly string[]> =>
    (await readHistory(client))
      .filter(({ directive }) => directive === "ad_006")
      .map((row) => [row.action, row.stepId, stateOf(row) ?? []].flat().join(" "));

  const filled = async (client: Client): Promise<readonly { id: string; xmin: string }[]> =>
    (
      await client.query<{ id: string; xmin: string }>(
        "SELECT id, xmin FROM app_order WHERE size IS NOT NULL ORDER BY id",
      )
    ).rows;

  const notApproved = (request: TestRequest): TestRequest => ({
    ...request,
    authorize: ({ plan }) =>
      plan === undefined
        ? Promise.resolve({})
        : Promise.reject(new Error("a second approval was asked for")),
  });

  it("is rehearsed and applied in order, records each part, and shows no drift", async () => {
    const { client, request } = await prepared();
    const rehearsal = await rehearse(request);
    expect(rehearsal?.differences).toStrictEqual([]);
    expect(rehearsal === undefined ? "" : describeRehearsal(rehearsal)).toMatch(
      /fill 1 .*after the transaction: \d+ rows in \d+ batches/,
    );
    const told: string[] = [];
    const { executed } = await applyDirective({
      ...request,
      onProgress: (line) => told.push(line),
    });
    expect(executed.map(({ step }) => step.id)).toStrictEqual(IDS);
    expect(told.join("\n")).toMatch(/^fill: 50 rows in 3 batches, \d+ rows a second$/m);
    expect(await states(client)).toStrictEqual([
      "apply section_1",
      ...BEHIND.map((id) => `apply ${id} begun`),
      ...BEHIND.map((id) => `apply ${id} finished`),
    ]);
    const row = (await readHistory(client)).find(({ details }) => details["batches"] !== undefined);
    expect([row?.stepId, row?.details["rows"], row?.details["batches"]]).toStrictEqual([
      FILL,
      50,
      3,
    ]);
    expect(await driftOf(client, request)).toStrictEqual([]);
  });

  it("is rolled back and applied again", async () => {
    const { client, request } = await prepared();
    await applyDirective(request);
    const { undone } = await rollbackDirective({ ...request, to: "ad_005" });
    expect(undone).toStrictEqual([...IDS].reverse());
    expect(await driftOf(client, request)).toStrictEqual([]);
    expect((await applyDirective(request)).executed).toHaveLength(IDS.length);
  });

  it("is unfinished when killed between two batches, and is finished without a second approval", async () => {
    const { client, other, request } = await prepared();
    await killed(client, other, request);
    const before = await filled(client);
    expect(before).toHaveLength(20);
    const plan = await asRunner(client, (one) => preparePlan(one, request));
    expect([plan.digest, plan.unfinished.map(({ id }) => id)]).toStrictEqual([undefined, BEHIND]);
    expect(describePreparedPlan(plan)).toMatch(
      /fill was approved and begun under plan [0-9a-f]{16}…, and is not finished: the next run finishes it/,
    );
    const named = await driftOf(client, request);
    expect(named).toHaveLength(BEHIND.length);
    expect(named.join("\n")).toContain("step ad_006/fill");
    const { executed } = await applyDirective(notApproved(request));
    expect(executed.map(({ step }) => step.id)).toStrictEqual(BEHIND);
    expect((await filled(client)).slice(0, 20)).toStrictEqual(before);
    expect(executed[0]?.backfilled).toStrictEqual({ rows: 30, batches: 2 });
    expect(await driftOf(client, request)).toStrictEqual([]);
  });

  it("fails when a trigger undoes its backfill, and continues once the trigger is gone", async () => {
    const { client, other, request } = await prepared();
    await other.query(
      `CREATE FUNCTION undo() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN NEW.size := NULL; RETURN NEW; END';
         CREATE TRIGGER undoes BEFORE UPDATE ON app_order FOR EACH ROW WHEN (NEW.id = 30) EXECUTE FUNCTION undo()`,
    );
    const { message } = await faultOf(() => applyDirective(request));
    expect(message).toMatch(
      /^VERIFY_FAILED: running fill of sql\/ad_006\/amendments\/fill\.sql until it changes no row: found 1050 rows changed in 1002 batches, and no end, expected at most the 50 rows of public\.app_order, each once\. What was committed before stays\. /,
    );
    expect(await filled(client)).toHaveLength(49);
    await other.query("DROP FUNCTION undo CASCADE");
    const { executed } = await applyDirective(notApproved(request));
    expect(executed.map(({ step }) => step.id)).toStrictEqual(BEHIND);
    expect(executed[0]?.backfilled).toStrictEqual({ rows: 1, batches: 1 });
    expect(await driftOf(client, request)).toStrictEqual([]);
  });

  it("is rolled back when it is unfinished, and parts that never ran need nothing", async () => {
    const { client, other, request } = await prepared();
    await killed(client, other, request);
    const { undone } = await rollbackDirective({ ...request, to: "ad_005" });
    expect(undone).toStrictEqual([FILL, "section_1"]);
    expect((await states(client)).slice(-IDS.length)).toStrictEqual([
      "rollback section_3 never ran",
      "rollback newest never ran",
      "rollback section_2 never ran",
      "rollback fill",
      "rollback section_1",
    ]);
    expect(await driftOf(client, request)).toStrictEqual([]);
    expect((await applyDirective(request)).executed).toHaveLength(IDS.length);
  });

  it("keeps what is committed when a part fails, and continues from there", async () => {
    const { client, request } = await prepared();
    await client.query("INSERT INTO app_order (id, state) VALUES (99, '')");
    const { message } = await faultOf(() => applyDirective(request));
    expect(message).toMatch(
      /^STATEMENT_FAILED: running section_2 at .* What was committed before stays\. .* run again: it goes on from there/,
    );
    expect(await filled(client)).toHaveLength(51);
    expect((await states(client)).slice(-1)).toStrictEqual(["apply fill finished"]);
    await client.query("UPDATE app_order SET size = 1 WHERE id = 99");
    const { executed } = await applyDirective(notApproved(request));
    expect(executed.map(({ step }) => step.id)).toStrictEqual(["section_2", "newest", "section_3"]);
    expect(await driftOf(client, request)).toStrictEqual([]);
  });

  it("is committed before a later directive that uses an enum value which it adds", async () => {
    const next = await laterDirective(APPLICATION, [
      {
        sql: "ALTER TYPE app_kind ADD VALUE 'last'",
        irreversible: "PostgreSQL takes no value away",
      },
    ]);
    await lockLater(next, major);
    const uses = "ALTER TABLE app_person ADD COLUMN kind app_kind NOT NULL DEFAULT 'last'";
    await laterDirective(
      APPLICATION,
      [{ sql: uses, inverse: "ALTER TABLE app_person DROP COLUMN kind" }],
      next,
      "ad_007",
    );
    await lockLater(next, major, "ad_007");
    const { database } = await carriedOut(server(), SQL_FOLDER, APPLICATION);
    const client = await database.connect(server().superuser);
    const request = await applyRequest(database, next);
    const rehearsal = await rehearse(request);
    expect(rehearsal?.obstacles).toBeUndefined();
    await applyDirective(request);
    const { rows } = await client.query("SELECT DISTINCT kind FROM app_person");
    expect(rows).toStrictEqual([{ kind: "last" }]);
    expect(await driftOf(client, request)).toStrictEqual([]);
  });
});

it("locking refuses a backfill that does not end", async () => {
  const folder = await laterDirective(APPLICATION, [
    ...STEPS.slice(0, 1),
    {
      id: "endless",
      kind: "backfill",
      sql: "UPDATE app_order SET total = total WHERE id IN (SELECT id FROM app_order LIMIT 1)",
    },
  ]);
  const { message } = await faultOf(() => lockLater(folder, 17));
  expect(message).toMatch(
    /^DIRECTIVE_REFUSED: running endless of sql\/ad_006\/amendments\/endless\.sql until it changes no row: found 1001 rows/,
  );
});
