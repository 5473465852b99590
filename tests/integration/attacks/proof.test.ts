import { adoptDirectives, prepareAdopt } from "../../../runner/actions/adopt";
import { applyDirective } from "../../../runner/actions/apply";
import { prepareRestore, restoreArchive } from "../../../runner/actions/restore";
import { rollbackDirective } from "../../../runner/actions/rollback";
import { changeTrust } from "../../../runner/actions/trust";
import { readHistory } from "../../../runner/history/history";
import type { HistoryRow } from "../../../runner/model";
import { withConnection } from "../../../runner/postgres/connection";
import { FORMER_VERSION, rewriteHistory } from "../../support/historyRows";
import { MAJORS } from "../../support/majors";
import { serverOfFile } from "../../support/postgres";
import {
  appliedScene,
  approve,
  historyFindings,
  makeScene,
  rollbackPlan,
  trustPlan,
  writeSigners,
  type Scene,
} from "../../support/scene";
import { makeKey, removeFolders, signerLine } from "../../unit/approval/support";

const ROWS = 14;
const OWNS =
  "INSERT INTO v7_test_results (test_type, component_tested, test_status) VALUES ('a', 'b', 'c')";

const rowsOf = ({ request }: Scene): Promise<readonly HistoryRow[]> =>
  withConnection(request.connection, readHistory);

describe.each(MAJORS)("the history on PostgreSQL %i", (major) => {
  const server = serverOfFile({ major }, removeFolders);

  it("proves each row of apply, rollback, trust and restore, across a change of the signers", async () => {
    const scene = await appliedScene(server());
    const client = await scene.database.connect();
    await client.query(OWNS);
    await approve(scene, { name: "two", plan: rollbackPlan });
    await rollbackDirective(scene.request);
    await approve(scene, { name: "three" });
    await applyDirective(scene.request);
    const bob = makeKey();
    const trust = { allowedSigners: signerLine("bob", bob), requiredApprovals: 1 };
    await approve(scene, { name: "four", plan: trustPlan({ trust }) });
    await changeTrust({ ...scene.request, trust });
    await approve(scene, { name: "five", plan: prepareRestore, key: bob, approver: "bob" });
    await restoreArchive(scene.request);
    expect(new Set((await rowsOf(scene)).map(({ action }) => action))).toEqual(
      new Set(["apply", "rollback", "trust", "restore"]),
    );
    expect(await historyFindings(scene)).toEqual([]);
  });

  it("proves adopted steps", async () => {
    const scene = await makeScene(server());
    const client = await scene.database.connect();
    for (const step of scene.request.steps.filter(({ id }) => /^section|^phase_nu/.test(id))) {
      await client.query(step.bytes.toString("utf8"));
    }
    await approve(scene, { plan: prepareAdopt });
    await adoptDirectives(scene.request);
    await approve(scene, { name: "two" });
    await applyDirective(scene.request);
    expect(await historyFindings(scene)).toEqual([]);
  });

  it("has a critical difference for each row of a run that nobody approved", async () => {
    const scene = await makeScene(server());
    await applyDirective({ ...scene.request, authorize: () => Promise.resolve({}) });
    const findings = await historyFindings(scene);
    expect(findings.map(({ object }) => object)).toEqual(
      Array.from({ length: ROWS }, (_, index) => `history row ${String(index + 1)}`),
    );
    expect(findings.map(({ severity }) => severity)).toEqual(findings.map(() => "critical"));
    expect(findings[0]?.details[0]).toMatch(/^nothing proves that it was approved: no proof and/);
  });

  it("does not prove a run that pins a key which the signed plan does not have", async () => {
    const scene = await makeScene(server());
    const mallory = makeKey();
    await approve(scene);
    // A program with a valid approval that also pins a key of its own.
    await applyDirective({
      ...scene.request,
      authorize: async (prepared, client) => {
        const allowed = await scene.request.authorize(prepared, client);
        const trust = allowed["trust"] as Record<string, unknown>;
        const allowedSigners = String(trust["allowedSigners"]) + signerLine("mallory", mallory);
        return { ...allowed, trust: { ...trust, allowedSigners } };
      },
    });
    const findings = await historyFindings(scene);
    expect(findings).toHaveLength(ROWS);
    expect(findings[0]?.details[0]).toContain(`it pins the key ${mallory.fingerprint} of mallory`);
  });

  it("proves nothing when the repository's signers are others or missing", async () => {
    const scene = await appliedScene(server());
    writeSigners(scene.folder, signerLine("architect", makeKey()));
    expect((await historyFindings(scene))[0]?.details[0]).toMatch(
      /which the repository's allowed signers do not name/,
    );
    writeSigners(scene.folder, "");
    expect((await historyFindings(scene))[0]?.details[0]).toMatch(/no signers to verify it by/);
  });

  it("of a former version is readable, has no proof, and is continued", async () => {
    const scene = await appliedScene(server());
    await rewriteHistory(server(), scene.database, FORMER_VERSION);
    const findings = await historyFindings(scene);
    expect(findings).toHaveLength(ROWS);
    expect(findings[0]?.details[0]).toMatch(/a former version of the runner wrote it/);
    await approve(scene, { name: "two", plan: rollbackPlan });
    await rollbackDirective(scene.request);
    await approve(scene, { name: "three" });
    await applyDirective(scene.request);
    const objects = (await historyFindings(scene)).map(({ object }) => object);
    expect(objects).toEqual(findings.map(({ object }) => object));
    const client = await scene.database.connect();
    const { rows } = await client.query(
      "SELECT FROM pg_constraint WHERE conname = 'history_action_check'",
    );
    expect(rows).toEqual([]);
  });

  it("is vouched for by a signed plan that names its last row, up to that row only", async () => {
    const scene = await makeScene(server());
    await applyDirective({ ...scene.request, authorize: () => Promise.resolve({}) });
    const allowedSigners = signerLine("architect", scene.key);
    const change = { trust: { allowedSigners, requiredApprovals: 1 }, vouch: true };
    await approve(scene, { plan: trustPlan(change) });
    await changeTrust({ ...scene.request, ...change });
    expect(await historyFindings(scene)).toEqual([]);
    const last = (await rowsOf(scene)).at(-1);
    expect(last).toMatchObject({ action: "trust", stepKind: "vouch", position: ROWS + 2 });

    // What comes after it needs its own proof, and a row that was changed since is no longer vouched for.
    const unapproved = { ...scene.request, authorize: () => Promise.resolve({}) };
    await rollbackDirective(unapproved);
    expect((await historyFindings(scene)).map(({ object }) => object)[0]).toBe(
      `history row ${String(ROWS + 3)}`,
    );
    await rewriteHistory(
      server(),
      scene.database,
      "UPDATE v7_control.history SET duration_ms = 7 WHERE position = 2",
    );
    expect((await historyFindings(scene)).map(({ object }) => object)).toContain("history row 2");
  });

  it("needs no proof on an unprotected database", async () => {
    const database = await server().createDatabase({ shape: "supabase", unprotected: true });
    const scene = await makeScene(server());
    const { host, port, name: databaseName, owner: user, ownerPassword: password } = database;
    const connection = { host, port, databaseName, user, password, sslMode: "disable" } as const;
    const request = { ...scene.request, connection, authorize: () => Promise.resolve({}) };
    await applyDirective(request);
    expect(await historyFindings({ ...scene, request })).toEqual([]);
  });
});

describe("a difference is found, even when the chain is recomputed, in a row", () => {
  const server = serverOfFile({ major: 17 }, removeFolders);

  it.each([
    [
      "whose bytes are not the signed ones",
      3,
      "step_sha256 = repeat('ab', 32)",
      /names no such step with these bytes/,
    ],
    ["whose step is another", 3, "step_id = 'section_x'", /names no such step/],
    ["whose action is another", 14, "action = 'restore'", /of the action apply, not restore/],
    ["whose plan is another", 3, "plan_digest = repeat('ab', 32)", /no proof/],
    [
      "whose nonce is another",
      3,
      `details = jsonb_set(details, '{approvals,0,nonce}', '"${"0".repeat(32)}"')`,
      /other approvals than those that were signed/,
    ],
    ["whose proof is gone", 1, "details = details - 'proof'", /no proof, only the names/],
    [
      "whose plan was changed in one letter",
      1,
      `details = jsonb_set(details, '{proof,plan}', to_jsonb(replace(details->'proof'->>'plan', '"test"', '"tesu"')))`,
      /a proof of another plan/,
    ],
    [
      "whose approval was changed in one letter",
      1,
      `details = jsonb_set(details, '{proof,approvals,0,record}', to_jsonb(replace(details->'proof'->'approvals'->0->>'record', '"notes":""', '"notes":"x"')))`,
      /an approval that is badSignature/,
    ],
    [
      "whose signature is gone",
      1,
      `details = jsonb_set(details, '{proof,approvals,0,signature}', '""')`,
      /badSignature/,
    ],
    [
      "whose approvals are gone",
      1,
      `details = jsonb_set(details, '{proof,approvals}', '[]')`,
      /0 of the 1 approvals/,
    ],
    [
      "that was judged after the approval expired",
      1,
      `details = jsonb_set(details, '{proof,judgedAt}', '"2099-01-01T00:00:00.000Z"')`,
      /an approval that is expired/,
    ],
    [
      "whose proof is malformed",
      1,
      `details = jsonb_set(details, '{proof}', '7')`,
      /not in a proof's form/,
    ],
  ])("%s", async (_, position, change, reason) => {
    const scene = await appliedScene(server());
    await rewriteHistory(
      server(),
      scene.database,
      `UPDATE v7_control.history SET ${change} WHERE position = ${String(position)}`,
    );
    const found = (await historyFindings(scene)).filter(
      ({ object }) => object === `history row ${String(position)}`,
    );
    expect(found.map(({ details }) => details[0]).join("\n")).toMatch(reason);
  });

  it("whose plan was signed before an earlier row was changed", async () => {
    const scene = await appliedScene(server());
    await approve(scene, { name: "two", plan: rollbackPlan });
    await rollbackDirective(scene.request);
    await rewriteHistory(
      server(),
      scene.database,
      "UPDATE v7_control.history SET duration_ms = 7 WHERE position = 2",
    );
    const findings = await historyFindings(scene);
    expect(findings.map(({ object }) => object)).toContain(`history row ${String(ROWS + 1)}`);
    expect(findings[0]?.details[0]).toMatch(/not made on the row before/);
  });

  it("that says that a step of an approved plan ran twice", async () => {
    const scene = await appliedScene(server());
    await rewriteHistory(
      server(),
      scene.database,
      `INSERT INTO v7_control.history SELECT ${String(ROWS + 1)}, recorded_at, action, directive, step_id, step_kind, step_sha256,
         plan_digest, duration_ms, applied_by, server_version, runner_version, details, digest, repeat('0', 64)
         FROM v7_control.history WHERE position = ${String(ROWS)}`,
    );
    const findings = await historyFindings(scene);
    expect(findings.map(({ details }) => details[0]).join()).toMatch(/approved once ran twice/);
  });
});
