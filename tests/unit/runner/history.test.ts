import { historyHead, appliedSteps } from "../../../runner/history/history";
import type { HistoryRow } from "../../../runner/model";

/** A row of the history with only the fields that these functions read. */
function row(
  position: number,
  action: HistoryRow["action"],
  stepId: string,
  directive = "ad_005",
): HistoryRow {
  return {
    position,
    action,
    stepId,
    directive,
    digest: `digest ${String(position)}`,
  } as HistoryRow;
}

describe("the applied steps", () => {
  it.each<[string, HistoryRow[], [string, number][]]>([
    ["none if nothing ran", [], []],
    [
      "those that were applied or adopted",
      [row(1, "apply", "a"), row(2, "adopt", "b")],
      [
        ["a", 1],
        ["b", 2],
      ],
    ],
    [
      "not those that were rolled back since",
      [row(1, "apply", "a"), row(2, "apply", "b"), row(3, "rollback", "a")],
      [["b", 2]],
    ],
    [
      "those that were applied again after a rollback",
      [row(1, "apply", "a"), row(2, "rollback", "a"), row(3, "apply", "a")],
      [["a", 3]],
    ],
    ["given by their last row", [row(1, "apply", "a"), row(2, "adopt", "a")], [["a", 2]]],
    ["the same after a repair", [row(1, "apply", "a"), row(2, "repair", "a")], [["a", 1]]],
  ])("are %s", (_what, history, expected) => {
    const applied = [...appliedSteps(history).values()];
    expect(applied.map(({ stepId, position }) => [stepId, position])).toEqual(expected);
  });

  it("are distinguished by their directive", () => {
    const history = [
      row(1, "apply", "a", "ad_006"),
      row(2, "apply", "a"),
      row(3, "rollback", "a", "ad_006"),
    ];
    expect([...appliedSteps(history).keys()]).toEqual(["ad_005/a"]);
  });
});

describe("the head of the history", () => {
  it("is the digest of its last row, and null if there is none", () => {
    expect(historyHead([])).toBeNull();
    expect(historyHead([row(1, "apply", "a"), row(2, "apply", "b")])).toBe("digest 2");
  });
});
