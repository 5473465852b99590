import fc from "fast-check";
import { explainJudgement, requireApproved } from "../../../runner/approval/checkApprovals";
import type { Candidate } from "../../../runner/approval/files";
import { countDistinct } from "../../../runner/approval/refusal";
import type { Verdict } from "../../../runner/approval/verdict";
import {
  DIGEST,
  faultOf,
  judge,
  makeApproval,
  makeCandidate,
  makeKey,
  NOW,
  removeFolders,
  signerLine,
} from "./support";

const [alice, aliceToo, bob] = [makeKey(), makeKey(), makeKey()];
const signers = signerLine("alice", alice) + signerLine("alice", aliceToo) + signerLine("bob", bob);
const byAlice = makeCandidate(alice, {}, "alice");
const byBob = makeCandidate(bob, { approver: "bob" }, "bob");
afterAll(removeFolders);

describe("a plan that two must approve", () => {
  const two = { requiredApprovals: 2 };

  it("is approved by two signers", async () => {
    const judgement = await judge([byAlice, byBob], signers, two);
    expect(judgement.satisfied).toBe(true);
    expect(judgement.counted.map((one) => [one.name, one.fingerprint])).toEqual([
      ["alice", alice.fingerprint],
      ["bob", bob.fingerprint],
    ]);
  });

  it("is not approved by one signer, and the refusal says how many approved", async () => {
    const judgement = await judge([byAlice], signers, two);
    expect(judgement.refusal).toEqual({ code: "APPROVAL_REQUIRED", found: "1 of 2" });
  });

  it("is not approved by two valid approvals of one key", async () => {
    const again = makeCandidate(alice, {}, "again");
    const judgement = await judge([byAlice, again], signers, two);
    expect(judgement.verdicts.map((one) => one.verdict)).toEqual(["valid", "valid"]);
    expect(judgement.satisfied).toBe(false);
    expect(judgement.counted.map((one) => one.name)).toEqual(["alice"]);
    expect(explainJudgement(judgement)).toContain('"again": valid: approved by alice');
    expect(explainJudgement(judgement)).toContain("(its signer or nonce counts already)");
  });

  it("is not approved by two keys of one signer", async () => {
    const other = makeCandidate(aliceToo, {}, "other key");
    expect((await judge([byAlice, other], signers, two)).satisfied).toBe(false);
  });

  it("is not approved by one approval under two file names", async () => {
    expect((await judge([byAlice, { ...byAlice, name: "copy" }], signers, two)).satisfied).toBe(
      false,
    );
  });

  it("is not approved by two signers with one nonce, since a nonce counts only once", async () => {
    const { nonce } = makeApproval();
    const candidates = [
      makeCandidate(alice, { nonce }, "alice"),
      makeCandidate(bob, { approver: "bob", nonce }, "bob"),
    ];
    expect((await judge(candidates, signers, two)).satisfied).toBe(false);
  });

  it("is not judged at all if two signers share a key", async () => {
    const shared = signerLine("alice", alice) + signerLine("bob", alice);
    await expect(judge([byAlice], shared, two)).rejects.toMatchObject({ code: "SIGNERS_INVALID" });
  });

  it("counts each signer, key and nonce at most once", () => {
    const few = (...values: string[]) => fc.constantFrom(...values);
    const verdict = fc.record({
      name: fc.string(),
      verdict: few("valid", "valid", "expired", "rejected") as fc.Arbitrary<Verdict["verdict"]>,
      reason: fc.constant(""),
      fingerprint: few("SHA256:1", "SHA256:2", "SHA256:3"),
      approval: fc.record({
        approver: few("a", "b", "c", "d"),
        nonce: few("1", "2", "3", "4", "5"),
      }) as unknown as fc.Arbitrary<NonNullable<Verdict["approval"]>>,
    });
    fc.assert(
      fc.property(fc.array(verdict), (verdicts) => {
        const counted = countDistinct(verdicts);
        for (const of of [
          (one: (typeof counted)[number]) => one.approval.approver,
          (one: (typeof counted)[number]) => one.approval.nonce,
          (one: (typeof counted)[number]) => one.fingerprint,
        ]) {
          expect(new Set(counted.map(of)).size).toBe(counted.length);
        }
        const hasValid = verdicts.some((one) => one.verdict === "valid");
        expect(counted.length > 0).toBe(hasValid);
      }),
    );
  });
});

describe("the rule against self-approval", () => {
  const forbid = { forbidSelfApproval: true };

  it("refuses a run that only its starter approved, also in another case of the name", async () => {
    for (const startedBy of ["alice", "ALICE"]) {
      const judgement = await judge([byAlice], signers, { ...forbid, startedBy });
      expect(judgement).toMatchObject({ satisfied: false, refusal: { code: "APPROVAL_SELF" } });
    }
  });

  it("accepts a run that somebody else approved, alone or together with the starter", async () => {
    const args = { ...forbid, startedBy: "alice" };
    expect((await judge([byBob], signers, args)).satisfied).toBe(true);
    expect((await judge([byAlice, byBob], signers, args)).satisfied).toBe(true);
  });

  it("refuses a run without a named starter", async () => {
    const judgement = await judge([byAlice, byBob], signers, forbid);
    expect(judgement.refusal?.code).toBe("APPROVAL_SELF");
  });

  it("does not apply unless the setting turns it on", async () => {
    expect((await judge([byAlice], signers, { startedBy: "alice" })).satisfied).toBe(true);
  });
});

describe("the judgement of approvals", () => {
  it("refuses a required number of approvals that is not a whole number of at least one", async () => {
    for (const requiredApprovals of [0, -1, 0.5, Number.NaN, Number.POSITIVE_INFINITY]) {
      await expect(judge([byAlice], signers, { requiredApprovals })).rejects.toMatchObject({
        code: "SETTING_INVALID",
      });
    }
  });

  it("refuses an invalid digest, action or time", async () => {
    for (const wrong of [
      { planDigest: "" },
      { planDigest: DIGEST.toUpperCase() },
      { action: "toString" as "apply" },
      { now: new Date(Number.NaN) },
    ]) {
      await expect(judge([byAlice], signers, wrong)).rejects.toThrow(TypeError);
    }
  });

  it("cannot be changed afterwards", async () => {
    const judgement = await judge([], signers);
    expect(() => Object.assign(judgement, { satisfied: true })).toThrow(TypeError);
  });

  it("uses the bytes of the moment when it was asked, even if the buffers change meanwhile", async () => {
    const mine = { ...byAlice, json: Buffer.from(byAlice.json) };
    const judging = judge([mine], signers);
    mine.json.fill(0);
    expect((await judging).satisfied).toBe(true);
  });
});

describe("requireApproved", () => {
  const what = "applying ad_005";

  it("gives the approvals that allow the run", async () => {
    const counted = requireApproved(await judge([byAlice], signers), what);
    expect(counted.map((one) => one.approval.approver)).toEqual(["alice"]);
  });

  it("throws without an approval, with the digest and the command that approves", async () => {
    const judgement = await judge([], signers);
    expect(faultOf(() => requireApproved(judgement, what))).toMatchObject({
      code: "APPROVAL_REQUIRED",
      message: [
        "APPROVAL_REQUIRED: applying ad_005 (plan abababababababab…, apply): found no valid approval, " +
          "expected valid approvals by 1 trusted signer(s) and no rejection. " +
          "Have the plan reviewed and signed with the command below, or do not run it.",
        `digest: ${DIGEST}`,
        "approve: npx v7 approve --plan FILE --key KEY --signer NAME",
      ].join("\n"),
    });
  });

  it("gives the code of the most useful verdict, and of another plan's approval only if there is no other", async () => {
    const expired = makeCandidate(
      alice,
      { issued: "2031-05-01T00:00:00Z", expires: "2031-05-02T00:00:00Z" },
      "expired",
    );
    const otherPlan = makeCandidate(bob, { approver: "bob", plan: "00".repeat(32) }, "other");
    const broken = { name: "broken", problem: "no such file" };
    const codeOf = async (candidates: readonly Candidate[]) =>
      (await judge(candidates, signers)).refusal?.code;
    expect(await codeOf([broken, otherPlan, expired])).toBe("APPROVAL_EXPIRED");
    expect(await codeOf([otherPlan, broken])).toBe("APPROVAL_FILE_INVALID");
    expect(await codeOf([otherPlan])).toBe("APPROVAL_WRONG_PLAN");
    const two = await judge([byAlice, otherPlan], signers, { requiredApprovals: 2 });
    expect(two.refusal?.code).toBe("APPROVAL_REQUIRED");
  });

  it("shows every candidate on its own line", async () => {
    const name = "evil\u001b[2J\n\u202e";
    const judgement = await judge([byAlice, { name, problem: "no such file" }], signers);
    expect(explainJudgement(judgement).split("\n")).toEqual([
      `Plan ${DIGEST}, apply: approved by alice`,
      `1 of 1 needed, at ${NOW.toISOString().replace(".000", "")}`,
      expect.stringMatching(/^ {2}"alice": valid: approved by alice with SHA256:\S+ until \S+Z$/),
      '  "evil\\u001b[2J\\n\\u202e": malformed: no such file',
    ]);
  });
});
