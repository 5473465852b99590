import type { Client } from "pg";
import { describeFindings, nextSteps, type Finding } from "../../../cli/doctor/examination";
import { examineStack, type StackSources } from "../../../cli/doctor/stack";
import type { StackRequest } from "../../../cli/request";
import type { LastUpdate } from "../../../cli/stack";
import { applyDirective } from "../../../runner/actions/apply";
import { revoke } from "../../../runner/actions/revoke";
import { fault } from "../../../runner/base/fault";
import type { ConnectionSettings } from "../../../runner/model";
import { parseSettings } from "../../../runner/settings/stackSettings";
import { shortenBounds } from "../../support/bounds";
import { grantAll, makeRoles } from "../../support/drift";
import { serverOfFile } from "../../support/postgres";
import { startProxy } from "../../support/proxy";
import { approve, everythingIn, makeScene, type Scene } from "../../support/scene";
import { until } from "../../support/until";
import { removeFolders } from "../../unit/approval/support";

shortenBounds({ connectSeconds: 2, answerSeconds: 2 });

const SUCCEEDED: LastUpdate = {
  kind: "update",
  result: "succeeded",
  startTime: new Date(Date.now() - 3 * 86_400_000 - 60_000).toISOString(),
};

const server = serverOfFile({ major: 17 }, removeFolders);
let scene: Scene;
let admin: Client;

beforeAll(async () => {
  scene = await makeScene(server());
  admin = await scene.database.connect(server().superuser, server().superuserPassword);
});

/** Looks at the scene's stack; the machine and Pulumi's state are those of the test. */
async function look(
  changes: Partial<ConnectionSettings> = {},
  last: LastUpdate | undefined = SUCCEEDED,
): Promise<readonly Finding[]> {
  const { request, rules } = scene;
  const read = {
    settings: parseSettings({}),
    request: { ...request, connection: { ...request.connection, ...changes } },
    rules,
  } as StackRequest;
  return await examineStack("prod", {
    ...SOURCES,
    request: () => Promise.resolve(read),
    lastUpdate: () => Promise.resolve(last),
  });
}

const SOURCES: Omit<StackSources, "request"> = {
  machine: () => Promise.resolve([]),
  isStandIn: () => false,
  address: () => undefined,
  lastUpdate: () => Promise.resolve(SUCCEEDED),
};

/** The checks that found something to do, each with its states: `warn`, `fail fail`. */
function troubles(findings: readonly Finding[]): Record<string, string> {
  const found: Record<string, string> = {};
  for (const { check, state } of findings) {
    if (state === "warn" || state === "fail") {
      found[check] = found[check] === undefined ? state : `${found[check]} ${state}`;
    }
  }
  return found;
}

function finding(findings: readonly Finding[], check: string): Finding | undefined {
  return findings.find((one) => one.check === check);
}

const AFTER_SESSION = "protection rights history trust locks drift plan approval".split(" ");

/** What was not looked at, with what each needs. */
function missed(findings: readonly Finding[]): readonly string[] {
  return findings.flatMap(({ state, check, found }) =>
    state === "notLookedAt" ? `${check}: ${found}` : [],
  );
}

// One story, told in order.
describe("v7 doctor --stack", () => {
  it("finds an unsigned plan on a new protected database, changes nothing, and names the next step", async () => {
    const before = await everythingIn(scene.database);
    const findings = await look();
    expect(troubles(findings)).toEqual({ plan: "warn", approval: "warn" });
    expect(finding(findings, "approval")?.found).toBe("APPROVAL_REQUIRED: no valid approval");
    expect(finding(findings, "last run")?.found).toBe("update, succeeded, 3 days ago");
    expect(nextSteps(findings)).toEqual([
      expect.stringMatching(/^npx v7 plan --stack test --out plan.json, and have it signed /),
    ]);
    expect(await everythingIn(scene.database)).toEqual(before);
  });

  it("finds the signed approval, and that only the run is left", async () => {
    await approve(scene);
    const findings = await look();
    expect(troubles(findings)).toEqual({ plan: "warn" });
    expect(finding(findings, "approval")?.found).toMatch(/^valid, of this plan: architect, until /);
    expect(nextSteps(findings)).toEqual(["pulumi up --stack test --policy-pack policy"]);
    expect(describeFindings(findings)).toMatch(/\n\nNext, in this order:\n {2}1\. pulumi up /);
  });

  it("finds nothing to do once the plan has run", async () => {
    const owner = await scene.database.connect();
    await makeRoles(owner, scene.request.access);
    await applyDirective(scene.request);
    await grantAll(owner, scene.request.access);
    const findings = await look();
    expect(troubles(findings)).toEqual({});
    expect(finding(findings, "history")?.found).toMatch(
      /^14 rows, the chain holds; the last: apply of all\/access by postgres, \d+ seconds? ago$/,
    );
    expect(finding(findings, "trust")?.found).toMatch(/^pinned: architect; 1 must approve; /);
    expect(describeFindings(findings)).toMatch(/\n\nNothing to do\.$/);
  });

  it("finds a session that waits for a lock, drift and a failed run at the same time", async () => {
    const holder = await scene.database.connect();
    const waiter = await scene.database.connect();
    await holder.query("BEGIN; LOCK TABLE file_audit IN SHARE MODE");
    const waiting = waiter
      .query("UPDATE file_audit SET file_path = file_path")
      .catch(() => undefined);
    await until(async () => {
      const locked = "wait_event_type = 'Lock' AND datname = current_database()";
      const { rowCount } = await admin.query(`SELECT FROM pg_stat_activity WHERE ${locked}`);
      return rowCount === 1;
    });
    await admin.query("DROP INDEX idx_test_results_status");
    const findings = await look({}, { ...SUCCEEDED, result: "failed" }).finally(async () => {
      await holder.end();
      await waiting;
      await waiter.end();
      await admin.query("CREATE INDEX idx_test_results_status ON v7_test_results (test_status)");
    });
    expect(troubles(findings)).toEqual({ "last run": "warn", locks: "warn", drift: "fail" });
    expect(finding(findings, "locks")?.found).toMatch(/^pid \d+ \(postgres.*\) waits for pid \d+$/);
    expect(finding(findings, "drift")?.detail).toEqual([
      "medium: missing: index public.idx_test_results_status",
    ]);
    expect(nextSteps(findings)[0]).toMatch(
      /^npx v7 drift --stack test lists the possible authors /,
    );
  });

  it("finds the privileges that a login lacks, with a statement for each", async () => {
    await admin.query("CREATE ROLE stranger LOGIN PASSWORD 'stranger'");
    const findings = await look({ user: "stranger", password: "stranger" });
    expect(troubles(findings)["rights"]).toMatch(/^fail( fail)*$/);
    expect(nextSteps(findings)).toContain('GRANT CREATE ON SCHEMA "public" TO "stranger"');
    expect(finding(findings, "history")).toMatchObject({
      state: "fail",
      found: expect.stringMatching(/^permission denied .* \(SQLSTATE 42501\)$/) as string,
    });
    expect(missed(findings)).toEqual([
      'trust: no result of "history"',
      'plan: no result of "history"',
      'approval: no result of "plan"',
    ]);
  });

  it.each([
    ["host", { host: "nowhere.invalid" }, "DNS", "SERVER_UNREACHABLE: "],
    ["port", { port: 1 }, "TCP", "SERVER_UNREACHABLE: 127.0.0.1: ECONNREFUSED"],
    ["password", { password: "other" }, "login", "SERVER_REFUSED: password authentication failed"],
    ["TLS", { sslMode: "verify-full" } as const, "TLS", "SERVER_TLS: "],
  ])(
    "finds a wrong %s, and skips the checks that depend on it",
    async (_what, changes, check, found) => {
      const findings = await look(changes);
      expect(troubles(findings)).toEqual({ [check]: "fail" });
      expect(finding(findings, check)?.found).toContain(found);
      expect(missed(findings).slice(-AFTER_SESSION.length)).toEqual(
        AFTER_SESSION.map((one) => expect.stringContaining(`${one}: no result of "`) as string),
      );
    },
  );

  it("ends when the server falls silent in the middle", async () => {
    const proxy = await startProxy(scene.database.port, { silentAfter: "pg_blocking_pids" });
    const findings = await look({ port: proxy.port }).finally(proxy.stop);
    expect(Object.values(troubles(findings))).toContain("fail");
    expect(findings.filter(({ found }) => found.startsWith("SERVER_SILENT"))).toHaveLength(1);
    expect(missed(findings)).toContain('plan: no result of "connection"');
  });

  it("finds that nobody may approve once the only key is revoked", async () => {
    const revoked = { kind: "key", value: scene.key.fingerprint } as const;
    await revoke({ ...scene.request, revoked, reason: "lost" });
    const findings = await look();
    expect(troubles(findings)).toEqual({ trust: "fail" });
    expect(finding(findings, "trust")?.found).toBe(
      "pinned: nobody; 1 must approve; revoked: 0 plans, 0 approvals, 1 keys",
    );
  });

  it("checks the network even when the settings cannot be read", async () => {
    const findings = await examineStack("prod", {
      ...SOURCES,
      request: () =>
        Promise.reject(
          fault("STACK_MISSING", {
            what: "reading",
            found: "passphrase must be set",
            remedy: "Set it",
          }),
        ),
      address: () => ({ host: scene.database.host, port: scene.database.port }),
    });
    expect(troubles(findings)).toEqual({ settings: "fail" });
    expect(finding(findings, "TCP")?.state).toBe("ok");
    expect(nextSteps(findings)).toEqual(["Set it"]);
  });
});
