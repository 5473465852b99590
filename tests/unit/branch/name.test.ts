import fc from "fast-check";
import { branchDigest, stackNameOf } from "../../../cli/branch/name";
import { isStackName } from "../../../runner/embedded";

describe("the stack of a branch", () => {
  it.each([
    ["main", "dev-main"],
    ["login-2", "dev-login-2"],
    ["7", "dev-7"],
  ])("has the branch's name for %s", (branch, stack) => {
    expect(stackNameOf(branch)).toBe(stack);
  });

  it.each([
    ["feature/login", "dev-feature-login-"],
    ["Feature/Login", "dev-feature-login-"],
    ["fix: a thing", "dev-fix-a-thing-"],
    ["über/straße", "dev-u-ber-stra-e-"],
    ["修复", "dev-"],
    ["-x-", "dev-x-"],
    ["a".repeat(200), `dev-${"a".repeat(40)}-`],
    // A name that ends like a digest gets a digest too.
    ["x-0123456789", "dev-x-0123456789-"],
    ["0123456789", "dev-0123456789-"],
  ])("has a slug and a digest in its name for %s", (branch, start) => {
    expect(stackNameOf(branch)).toBe(`${start}${branchDigest(branch)}`);
  });

  it("differs for branches whose names differ only in capitals, punctuation or Unicode's form", () => {
    const branches = [
      ...[
        "feature/x",
        "feature-x",
        "feature_x",
        "Feature/x",
        "FEATURE/X",
        "feature x",
        "feature//x",
      ],
      ...["ü", "ü".normalize("NFD"), "u"],
      ...["", " ", "-", "--", "a".repeat(40), "a".repeat(41), `${"a".repeat(40)}-`],
    ];
    const folded = branches.map((branch) => stackNameOf(branch).toLowerCase());
    expect(new Set(folded).size).toBe(branches.length);
  });

  it("always has a valid stack name that no other branch gets", () => {
    const branch = fc.oneof(
      fc.string({ minLength: 1, maxLength: 250, unit: "grapheme" }),
      fc.stringMatching(/^[a-c0-1/-]{1,24}$/),
    );
    fc.assert(
      fc.property(branch, branch, (one, other) => {
        const [first, second] = [stackNameOf(one), stackNameOf(other)];
        expect(isStackName(first)).toBe(true);
        expect(first).toBe(first.toLowerCase());
        expect(first === second).toBe(one === other);
        // Nor does a branch that has the name of another's stack get that stack.
        expect(stackNameOf(first.slice(4)) === first).toBe(first.slice(4) === one);
      }),
    );
  });
});
