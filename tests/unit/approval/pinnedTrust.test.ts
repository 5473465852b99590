import { whoStarts } from "../../../runner/approval/authorize";
import { pinnedTrust } from "../../../runner/history/pinnedTrust";
import type { HistoryRow } from "../../../runner/model";

const FIRST = { allowedSigners: "alice", requiredApprovals: 1 };
const SECOND = { allowedSigners: "bob", requiredApprovals: 2, forbidSelfApproval: true };
const APPROVALS = [{ approver: "alice", nonce: "ab".repeat(16) }];

/** A row of that action, with only the fields that pinnedTrust reads. */
function row(action: HistoryRow["action"], details: HistoryRow["details"]): HistoryRow {
  return { action, details } as HistoryRow;
}

describe("the pinned trust", () => {
  it("is undefined if nothing has been approved", () => {
    expect(pinnedTrust([row("apply", {})])).toBeUndefined();
  });

  it("is the first that a run recorded, also after later runs record another", () => {
    const history = [
      row("apply", {}),
      row("apply", { approvals: APPROVALS, trust: FIRST }),
      row("apply", { approvals: APPROVALS, trust: SECOND }),
      row("rollback", { approvals: APPROVALS, trust: SECOND }),
    ];
    expect(pinnedTrust(history)).toEqual(FIRST);
  });

  it("is that of the last approved row with the action trust", () => {
    const third = { allowedSigners: "cyd", requiredApprovals: 1 };
    const history = [
      row("apply", { approvals: APPROVALS, trust: FIRST }),
      row("trust", { approvals: APPROVALS, trust: SECOND }),
      row("trust", { approvals: APPROVALS, trust: third }),
      row("apply", { approvals: APPROVALS, trust: FIRST }),
    ];
    expect(pinnedTrust(history)).toEqual(third);
  });

  it.each([
    ["without approvals", { trust: SECOND }],
    ["with an empty list of approvals", { approvals: [], trust: SECOND }],
    ["that names nobody", { approvals: APPROVALS, trust: { requiredApprovals: 1 } }],
  ])("is not changed by a row with the action trust %s", (_, details) => {
    const history = [row("apply", { approvals: APPROVALS, trust: FIRST }), row("trust", details)];
    expect(pinnedTrust(history)).toEqual(FIRST);
  });
});

describe("the starter of a run", () => {
  it("is the person whom V7_STARTED_BY names", () => {
    expect(whoStarts({ V7_STARTED_BY: "alice" })).toBe("alice");
  });

  it.each([undefined, "", "alice bob", "*", "alice\n"])(
    "is undefined if V7_STARTED_BY is %j",
    (name) => {
      expect(whoStarts(name === undefined ? {} : { V7_STARTED_BY: name })).toBeUndefined();
    },
  );
});
