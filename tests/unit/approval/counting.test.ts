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

describe("where two must approve", () => {
  const two = { requiredApprovals: 2 };

  it("two signers do", async () => {
    const judgement = await judge([byAlice, byBob], signers, two);
    expect(judgement.satisfied).toBe(true);
    expect(judgement.counted.map((one) => [one.name, one.fingerprint])).toEqual([
      ["alice", alice.fingerprint],
      ["bob", bob.fingerprint],
    ]);
  });

  it("one does not, and the fault says how many there are", async () => {
    const judgement = await judge([byAlice], signers, two);
    expect(judgement.refusal).toEqual({ code: "APPROVAL_REQUIRED", found: "1 of 2" });
  });

  it("two approvals by one key do not, though both are valid", async () => {
    const again = makeCandidate(alice, {}, "again");
    const judgement = await judge([byAlice, again], signers, two);
    expect(judgement.verdicts.map((one) => one.verdict)).toEqual(["valid", "valid"]);
    expect(judgement.satisfied).toBe(false);
    expect(judgement.counted.map((one) => one.name)).toEqual(["alice"]);
    expect(explainJudgement(judgement)).toContain('"again": valid: approved by alice');
    expect(explainJudgement(judgement)).toContain("(its signer or nonce counts already)");
  });

  it("two approvals by two keys of one signer do not", async () => {
    const other = makeCandidate(aliceToo, {}, "other key");
    expect((await judge([byAlice, other], signers, two)).satisfied).toBe(false);
  });

  it("the same files under two names do not", async () => {
    expect((await judge([byAlice, { ...byAlice, name: "copy" }], signers, two)).satisfied).toBe(
      false,
    );
  });

  it("two signers who name one nonce do not, for it can be consumed once only", async () => {
    const { nonce } = makeApproval();
    const candidates = [
      makeCandidate(alice, { nonce }, "alice"),
      makeCandidate(bob, { approver: "bob", nonce }, "bob"),
    ];
    expect((await judge(candidates, signers, two)).satisfied).toBe(false);
  });

  it("a key that two names share is refused before anything is counted", async () => {
    const shared = signerLine("alice", alice) + signerLine("bob", alice);
    await expect(judge([byAlice], shared, two)).rejects.toMatchObject({ code: "SIGNERS_INVALID" });
  });

  it("nobody counts twice, whatever verdicts there are", () => {
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

describe("where the one who starts the run may not be the only signer", () => {
  const forbid = { forbidSelfApproval: true };

  it("their own approval is not enough, in whatever case they are named", async () => {
    for (const startedBy of ["alice", "ALICE"]) {
      const judgement = await judge([byAlice], signers, { ...forbid, startedBy });
      expect(judgement).toMatchObject({ satisfied: false, refusal: { code: "APPROVAL_SELF" } });
    }
  });

  it("another's approval is, beside their own or alone", async () => {
    const args = { ...forbid, startedBy: "alice" };
    expect((await judge([byBob], signers, args)).satisfied).toBe(true);
    expect((await judge([byAlice, byBob], signers, args)).satisfied).toBe(true);
  });

  it("a run that nobody says they start is refused", async () => {
    const judgement = await judge([byAlice, byBob], signers, forbid);
    expect(judgement.refusal?.code).toBe("APPROVAL_SELF");
  });

  it("their own approval is enough where that is not forbidden", async () => {
    expect((await judge([byAlice], signers, { startedBy: "alice" })).satisfied).toBe(true);
  });
});

describe("judging", () => {
  it("refuses to require no approval at all", async () => {
    for (const requiredApprovals of [0, -1, 0.5, Number.NaN, Number.POSITIVE_INFINITY]) {
      await expect(judge([byAlice], signers, { requiredApprovals })).rejects.toMatchObject({
        code: "SETTING_INVALID",
      });
    }
  });

  it("refuses a digest, an action or a time that is none", async () => {
    for (const wrong of [
      { planDigest: "" },
      { planDigest: DIGEST.toUpperCase() },
      { action: "toString" as "apply" },
      { now: new Date(Number.NaN) },
    ]) {
      await expect(judge([byAlice], signers, wrong)).rejects.toThrow(TypeError);
    }
  });

  it("gives a judgement that cannot be changed afterwards", async () => {
    const judgement = await judge([], signers);
    expect(() => Object.assign(judgement, { satisfied: true })).toThrow(TypeError);
  });

  it("judges the bytes as they were when it was asked, though the buffers change meanwhile", async () => {
    const mine = { ...byAlice, json: Buffer.from(byAlice.json) };
    const judging = judge([mine], signers);
    mine.json.fill(0);
    expect((await judging).satisfied).toBe(true);
  });
});

describe("requiring approval", () => {
  const what = "applying ad_005";

  it("gives the approvals that allow the run", async () => {
    const counted = requireApproved(await judge([byAlice], signers), what);
    expect(counted.map((one) => one.approval.approver)).toEqual(["alice"]);
  });

  it("throws where there is none, with the digest and the command that approves", async () => {
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

  it("names the most telling verdict, and of other plans' approvals only that they are others'", async () => {
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

  it("explains every candidate on a line of its own", async () => {
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
