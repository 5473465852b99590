import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { nothingKnown, termsOf, type JudgingFacts } from "../../../cli/approvals/judge";
import { makeFolder, makeKey, makePlace, removeFolders, signerLine } from "./support";

const key = makeKey();
const { folder } = makePlace(key);
const OF_FOLDER = signerLine("alice", key);
const OF_STACK = signerLine("bob", key);
const stackSigners = join(makeFolder(), "signers");
writeFileSync(stackSigners, OF_STACK);
afterAll(removeFolders);

/** A database without an approved run, of a stack whose settings name other signers and require two. */
const FACTS: JudgingFacts = {
  ...nothingKnown(new Date()),
  rules: { allowedSigners: stackSigners, requiredApprovals: 2 },
};

describe("approvals that are judged for a stack", () => {
  it("need the signers, and as many, as its settings say before the first run", () => {
    const expected = { allowedSigners: OF_STACK, requiredApprovals: 2 };
    expect(termsOf({}, FACTS, "apply", 1)).toMatchObject(expected);
  });

  it("are judged by the files that the options name, if they name any", () => {
    const expected = { allowedSigners: OF_FOLDER, requiredApprovals: 3 };
    expect(termsOf({ folder }, FACTS, "apply", 3)).toMatchObject(expected);
    const { allowedSigners } = termsOf({ folder, signers: stackSigners }, FACTS, "apply", 1);
    expect(allowedSigners).toBe(OF_STACK);
  });

  it("need as many signers as its settings say if the database pins fewer", () => {
    const pinned = { allowedSigners: OF_FOLDER, requiredApprovals: 1 };
    const expected = { ...pinned, requiredApprovals: 2 };
    expect(termsOf({}, { ...FACTS, pinned }, "apply", 1)).toMatchObject(expected);
  });
});
