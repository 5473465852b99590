import { compareCatalogs } from "../../../runner/catalog/compare";
import type { ObjectId, Snapshot } from "../../../runner/model";

const of: ObjectId = { kind: "table", schema: "public", name: "v7_wide" };
const RENAMED = "column public.app_view.number";
const NAMES = Array.from({ length: 15 }, (_, index) => `c${String(index)}`);
const KEYS = NAMES.map((name) => `column public.v7_wide.${name}`);
const IDS = new Map<string, ObjectId>([
  [RENAMED, { kind: "column", name: "number", of: { ...of, name: "app_view" } }],
  ...NAMES.map((name, index): [string, ObjectId] => [
    KEYS[index] ?? "",
    { kind: "column", name, of },
  ]),
]);

describe("the order of columns", () => {
  it("does not differ because of a renamed column of another object, which has no position", () => {
    const inOrder = KEYS.map((key, index): [string, object] => [key, { position: index + 1 }]);
    const snapshots = NAMES.flatMap((_, turn) =>
      NAMES.map((__, at): Snapshot => {
        const turned = [...inOrder.slice(turn), ...inOrder.slice(0, turn)];
        return Object.fromEntries(turned.toSpliced(at, 0, [RENAMED, {}]));
      }),
    );
    const [expected = {}] = snapshots;
    expect(snapshots.flatMap((live) => compareCatalogs(expected, live, IDS))).toStrictEqual([]);
  });
});
