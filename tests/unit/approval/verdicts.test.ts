import type { Candidate } from "../../../runner/approval/files";
import { approvalBytes } from "../../../runner/approval/record";
import { NO_REVOCATIONS } from "../../../runner/history/revocations";
import type { Approval } from "../../../runner/model";
import {
  DIGEST,
  firstVerdict,
  judge,
  makeApproval,
  makeCandidate,
  makeKey,
  NOW,
  removeFolders,
  sign,
  signerLine,
} from "./support";

const [alice, bob, mallory] = [makeKey(), makeKey(), makeKey()];
const signers = signerLine("alice", alice) + signerLine("bob", bob);
afterAll(removeFolders);

const seconds = (count: number): Date => new Date(NOW.getTime() + count * 1000);
const time = (count: number): string => seconds(count).toISOString().replace(".000", "");

async function verdictOf(candidate: Candidate, changes: Parameters<typeof judge>[2] = {}) {
  const judgement = await judge([candidate], signers, changes);
  const { verdict, reason } = firstVerdict(judgement);
  return { verdict, reason, satisfied: judgement.satisfied, code: judgement.refusal?.code };
}

describe("an approval", () => {
  it.each([
    ["Ed25519", ["ed25519"]],
    ["ECDSA P-256", ["ecdsa", "-b", "256"]],
    ["ECDSA P-384", ["ecdsa", "-b", "384"]],
    ["ECDSA P-521", ["ecdsa", "-b", "521"]],
    ["RSA", ["rsa", "-b", "2048"]],
  ])("counts if it is signed with a trusted %s key", async (_, type) => {
    const key = makeKey(type);
    const judgement = await judge([makeCandidate(key)], signerLine("alice", key));
    expect(firstVerdict(judgement)).toMatchObject({
      verdict: "valid",
      fingerprint: key.fingerprint,
    });
    expect(judgement.satisfied).toBe(true);
    expect(judgement.counted.map((one) => one.approval.approver)).toEqual(["alice"]);
  });

  it("counts if it is signed with any of its signer's keys", async () => {
    const second = makeKey();
    const both = signers + signerLine("alice", second);
    expect((await judge([makeCandidate(second)], both)).satisfied).toBe(true);
    expect((await judge([makeCandidate(alice)], both)).satisfied).toBe(true);
  });

  it("counts if the allowed signers restrict no namespace, since the signature has it", async () => {
    const judgement = await judge([makeCandidate(alice)], signerLine("alice", alice, ""));
    expect(judgement.satisfied).toBe(true);
  });
});

describe("the time of the database's clock", () => {
  const issued = (from: number, until: number): Partial<Approval> => ({
    issued: time(from),
    expires: time(until),
  });

  it.each([
    ["a second before it expires", issued(-3600, 1), "valid", undefined],
    ["at the second at which it expires", issued(-3600, 0), "expired", "APPROVAL_EXPIRED"],
    ["long after it expired", issued(-7200, -3600), "expired", "APPROVAL_EXPIRED"],
    ["issued five minutes ahead", issued(300, 3600), "valid", undefined],
    ["issued a second more ahead", issued(301, 3600), "notYetValid", "APPROVAL_NOT_YET_VALID"],
    ["of thirty days", issued(-1, 30 * 86_400 - 1), "valid", undefined],
    ["of thirty days and a second", issued(-1, 30 * 86_400), "malformed", "APPROVAL_FILE_INVALID"],
    ["that expires when it is issued", issued(-1, -1), "malformed", "APPROVAL_FILE_INVALID"],
    ["that expires before it is issued", issued(-1, -2), "malformed", "APPROVAL_FILE_INVALID"],
  ])("decides on an approval %s", async (_, changes, verdict, code) => {
    expect(await verdictOf(makeCandidate(alice, changes))).toMatchObject({ verdict, code });
  });

  it("decides even if the runner's clock is wrong", async () => {
    const old = makeCandidate(alice, issued(-7200, -3600));
    const good = makeCandidate(alice);
    const clock = jest.spyOn(Date, "now");
    try {
      for (const runnersTime of [0, seconds(-5400).getTime(), NOW.getTime() * 2]) {
        clock.mockReturnValue(runnersTime);
        expect((await verdictOf(old)).verdict).toBe("expired");
        expect((await verdictOf(good)).verdict).toBe("valid");
      }
    } finally {
      clock.mockRestore();
    }
  });

  it("decides whether a key is within its time in the allowed signers", async () => {
    const within = async (options: string) =>
      firstVerdict(await judge([makeCandidate(alice)], signerLine("alice", alice, options)))
        .verdict;
    expect(await within('valid-after="20310510Z",valid-before="20310511Z"')).toBe("valid");
    expect(await within('valid-after="20310510120000Z"')).toBe("valid");
    expect(await within('valid-after="20310510120001Z"')).toBe("untrusted");
    expect(await within('valid-before="20310510120000Z"')).toBe("untrusted");
  });
});

describe("a wrong approval", () => {
  it("is refused if it is for another plan", async () => {
    const other = makeCandidate(alice, { plan: "cd".repeat(32) });
    expect(await verdictOf(other)).toMatchObject({
      verdict: "wrongPlan",
      code: "APPROVAL_WRONG_PLAN",
      reason: "it is for the plan cdcdcdcdcdcdcdcd…, not abababababababab…",
    });
  });

  it("is refused if it names another action than the one that runs", async () => {
    const other = makeCandidate(alice, { action: "rollback" });
    expect(await verdictOf(other)).toMatchObject({
      verdict: "wrongAction",
      code: "APPROVAL_WRONG_ACTION",
    });
  });

  it("is refused if history holds its nonce", async () => {
    const approval = makeApproval();
    const used = { usedNonces: new Set([approval.nonce]) };
    const refused = { verdict: "used", code: "APPROVAL_USED", satisfied: false };
    expect(await verdictOf(makeCandidate(alice, approval), used)).toMatchObject(refused);
  });

  it("is refused if its nonce or its key is revoked", async () => {
    const approval = makeApproval();
    const refused = { verdict: "revoked", code: "APPROVAL_REVOKED", satisfied: false };
    const byNonce = { revoked: { ...NO_REVOCATIONS, nonces: new Set([approval.nonce]) } };
    const byKey = { revoked: { ...NO_REVOCATIONS, fingerprints: new Set([alice.fingerprint]) } };
    const byOther = {
      revoked: {
        nonces: new Set(["0"]),
        fingerprints: new Set([bob.fingerprint]),
        plans: new Set(["0"]),
      },
    };
    expect(await verdictOf(makeCandidate(alice, approval), byNonce)).toMatchObject(refused);
    expect(await verdictOf(makeCandidate(alice, approval), byKey)).toMatchObject(refused);
    expect((await verdictOf(makeCandidate(alice, approval), byOther)).verdict).toBe("valid");
  });

  it("is refused if its approver is not a trusted signer", async () => {
    expect(await verdictOf(makeCandidate(mallory, { approver: "mallory" }))).toMatchObject({
      verdict: "untrusted",
      code: "APPROVAL_UNTRUSTED",
      reason: '"mallory" is not a trusted signer',
    });
  });

  it("is refused if it has a trusted signer's name and another key", async () => {
    expect(await verdictOf(makeCandidate(mallory))).toMatchObject({
      verdict: "untrusted",
      reason: `signed with the key ${mallory.fingerprint}, which is no trusted signer's, not alice's`,
    });
    expect(await verdictOf(makeCandidate(bob))).toMatchObject({
      verdict: "untrusted",
      reason: `signed with the key ${bob.fingerprint}, which is bob's, not alice's`,
    });
  });

  it("is refused if its name differs from the signer's in case", async () => {
    expect((await verdictOf(makeCandidate(alice, { approver: "Alice" }))).verdict).toBe(
      "untrusted",
    );
  });

  it("is refused if a trusted key signed it for another namespace", async () => {
    const json = approvalBytes(makeApproval());
    for (const namespace of ["git", "file", "v7-approval2", "V7-approval"]) {
      const candidate = { name: "one", json, signature: sign(json, alice, namespace) };
      expect(await verdictOf(candidate)).toMatchObject({
        verdict: "badSignature",
        code: "APPROVAL_INVALID",
        reason: `the signature: it was made for the namespace "${namespace}", not for "v7-approval"`,
      });
    }
  });

  it("is refused if its signature is that of another approval of the same signer", async () => {
    const { signature } = makeCandidate(alice);
    const candidate = { ...makeCandidate(alice), signature };
    expect((await verdictOf(candidate)).verdict).toBe("badSignature");
  });

  it("is refused if its files cannot be read, with the reason", async () => {
    const candidate = { name: "one", problem: "the .json file: a symbolic link" };
    expect(await verdictOf(candidate)).toEqual({
      verdict: "malformed",
      code: "APPROVAL_FILE_INVALID",
      reason: candidate.problem,
      satisfied: false,
    });
  });
});

describe("a rejection", () => {
  it("by a trusted signer blocks the plan even if another signer approves", async () => {
    const approved = makeCandidate(alice);
    const rejected = makeCandidate(bob, { approver: "bob", decision: "rejected" }, "no");
    const judgement = await judge([approved, rejected], signers);
    expect(judgement).toMatchObject({ satisfied: false, refusal: { code: "APPROVAL_REJECTED" } });
    expect(judgement.verdicts.map((one) => one.verdict)).toEqual(["valid", "rejected"]);
  });

  it("blocks even if it is ahead of the clock, names another action and was used", async () => {
    const rejection = makeApproval({
      decision: "rejected",
      action: "rollback",
      issued: time(3600),
      expires: time(7200),
    });
    const used = { usedNonces: new Set([rejection.nonce]) };
    expect((await verdictOf(makeCandidate(alice, rejection), used)).verdict).toBe("rejected");
  });

  it("does not block if it expired, was revoked, is by a stranger or is for another plan", async () => {
    const no = makeApproval({ decision: "rejected" });
    const refused: readonly (readonly [Candidate, string, Parameters<typeof judge>[2]])[] = [
      [makeCandidate(alice, { ...no, expires: time(0) }), "expired", {}],
      [
        makeCandidate(alice, no),
        "revoked",
        { revoked: { ...NO_REVOCATIONS, nonces: new Set([no.nonce]) } },
      ],
      [makeCandidate(mallory, no), "untrusted", {}],
      [makeCandidate(alice, { ...no, plan: DIGEST.replace("a", "0") }), "wrongPlan", {}],
    ];
    for (const [candidate, verdict, changes] of refused) {
      const yes = makeCandidate(bob, { approver: "bob" }, "yes");
      const judgement = await judge([candidate, yes], signers, changes);
      expect(judgement.verdicts.map((one) => one.verdict)).toEqual([verdict, "valid"]);
      expect(judgement.satisfied).toBe(true);
    }
  });
});
