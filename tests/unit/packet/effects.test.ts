import { canonicalJson } from "../../../runner/base/canonicalJson";
import { loadDirectives, type Directives } from "../../../runner/directive/directive";
import type { HistoryRow, Plan } from "../../../runner/model";
import type { Packet } from "../../../runner/packet/model";
import { planDigest } from "../../../runner/plan/plan";
import {
  otherPlan,
  rollbackPlan,
  samplePacket,
  samplePlan,
  sampleRehearsal,
} from "../../support/packet";
import { SQL_FOLDER } from "../../support/sqlFolder";
import { makeApproval } from "../approval/support";

let directives: Directives;
beforeAll(async () => {
  directives = await loadDirectives(SQL_FOLDER, []);
});

const told = ({ effects }: Packet): Readonly<Record<string, string>> =>
  Object.fromEntries(effects.map(({ label, text }) => [label, text]));

describe("the effects that a packet shows", () => {
  it("have at most ten lines, for every kind of plan", async () => {
    for (const packet of [
      await samplePacket({ rehearsal: sampleRehearsal(directives) }),
      await samplePacket(),
      await samplePacket({ prepared: rollbackPlan(directives) }),
      await samplePacket({ prepared: otherPlan(directives, "repair") }),
    ]) {
      expect(packet.effects.length).toBeGreaterThan(0);
      expect(packet.effects.length).toBeLessThanOrEqual(10);
      expect(new Set(packet.effects.map(({ label }) => label)).size).toBe(packet.effects.length);
    }
  });

  it("are, for an apply, the objects, the rows and the other statements", async () => {
    const effects = told(await samplePacket());
    expect(effects["Adds"]).toMatch(/^1 schema \(v7_control\), 6 tables \(v7_control.history, /);
    expect(effects["Adds"]).toContain("1 view (public.v7_migration_dashboard)");
    expect(effects["Changes"]).toBe("public.file_audit gets 12 columns, 1 index");
    expect(effects["Removes"]).toBe("nothing");
    expect(effects["Writes rows"]).toContain("INSERT into public.v7_migration_workflow (1 row)");
    expect(effects["Runs besides"]).toBe(
      "4 statements (COMMENT ON, DO, REVOKE ALL): the SQL is below",
    );
  });

  it("are, for a rollback, the removed objects, without the history of a protected database", async () => {
    const prepared = rollbackPlan(directives);
    const effects = told(await samplePacket({ prepared }));
    expect(effects["Removes"]).toContain("5 tables (public.v7_test_results, ");
    expect(effects["Changes"]).toBe("public.file_audit loses 1 index, 12 columns");
    expect(effects["Copied into the archive first"]).toBe("what 6 objects hold");
    const open = told(await samplePacket({ prepared: { ...prepared, isProtected: false } }));
    expect(open["Removes"]).toContain("6 tables (");
  });

  it("name, after a rehearsal, the waits and the roles that gain and lose access", async () => {
    const role = { role: "anon", object: "public.a" };
    const rehearsal = sampleRehearsal(directives, {
      accessBefore: [{ ...role, privileges: ["SELECT", "UPDATE (a, b)"] }],
      accessAfter: [
        { ...role, privileges: ["UPDATE (a, b, c)"] },
        { ...role, role: "v7_ci", privileges: ["SELECT"] },
      ],
    });
    const effects = told(await samplePacket({ rehearsal }));
    expect(effects["Waits"]).toBe(
      "readers and writers of public.file_audit for 41 ms (ACCESS EXCLUSIVE); the transaction takes 63 ms, as rehearsed",
    );
    expect(effects["Rows that are there"]).toBe(
      "public.file_audit (about 12,840): all read, none written anew",
    );
    expect(effects["Gain access"]).toBe("anon: UPDATE on public.a; v7_ci: SELECT on public.a");
    expect(effects["Lose access"]).toBe("anon: SELECT on public.a");
  });

  it("are called not known if the plan was not rehearsed", async () => {
    expect(told(await samplePacket())["Waits"]).toBe("not known: the plan was not rehearsed");
    const rollback = told(await samplePacket({ prepared: rollbackPlan(directives) }));
    expect(rollback["Access"]).toBe("not known: the plan was not rehearsed");
  });
});

describe("the comparison with the last signed plan", () => {
  /** A row of a run of that plan, with or without the proof of its approval. */
  const row = (position: number, plan: Plan, proven = true): HistoryRow => {
    const record = canonicalJson(makeApproval({ plan: planDigest(plan) }));
    const proof = {
      plan: canonicalJson(plan),
      judgedAt: "2026-01-02T03:04:05.000Z",
      requiredApprovals: 1,
      approvals: [{ record, signature: "" }],
    };
    return {
      position,
      action: plan.action,
      recordedAt: new Date("2026-01-02T03:04:05Z"),
      planDigest: planDigest(plan),
      directive: "none",
      stepId: "none",
      details: proven ? { proof } : {},
    } as unknown as HistoryRow;
  };
  const since = async (history: readonly HistoryRow[]): Promise<Packet["sinceSigned"]> =>
    (await samplePacket({ prepared: { ...samplePlan(directives), history } })).sinceSigned;

  it("is missing if no signed plan has run", async () => {
    const plan = samplePlan(directives).plan as Plan;
    expect(await since([])).toBeUndefined();
    expect(await since([row(1, plan, false)])).toBeUndefined();
  });

  it("names the signers, and each step and digest that differs", async () => {
    const plan = samplePlan(directives).plan as Plan;
    const [first, second, ...others] = plan.steps;
    const then = {
      ...plan,
      access: "1".repeat(64),
      steps: [
        { directive: "ad_004", id: "old", kind: "section", sha256: "2".repeat(64) },
        { ...(second as Plan["steps"][number]), sha256: "3".repeat(64) },
        ...others,
      ],
    };
    const found = await since([row(1, then), row(2, then, false), row(3, plan, false)]);
    expect(found).toMatchObject({
      at: "2026-01-02T03:04:05.000Z",
      planDigest: planDigest(then),
      action: "apply",
      approvers: ["alice"],
    });
    expect(Object.fromEntries(found?.differences ?? [])).toEqual({
      Action: "the same",
      Target: "the same",
      "Steps in this plan alone": `ad_005 ${first?.id ?? ""}`,
      "Steps in that plan alone": "ad_004 old",
      "Steps in both, of other bytes": `ad_005 ${second?.id ?? ""}`,
      "Access matrix and logins": "another",
      "Manifests and expected catalog": "the same",
      "Objects that the plan was made on": "the same",
      History: "1 row since that run",
    });
  });
});
