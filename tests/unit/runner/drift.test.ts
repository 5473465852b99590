import fc from "fast-check";
import { compareSnapshots, formatDifference } from "../../../runner/catalog/compare";
import { comparisonOf } from "../../../runner/drift/comparison";

const snapshots = fc.dictionary(
  fc.constantFrom("table a", "column a.b", "view c", "index d", "role e"),
  fc.oneof(
    fc.dictionary(fc.constantFrom("type", "default", "owner"), fc.jsonValue()),
    fc.jsonValue(),
  ),
  { noNullPrototype: true },
);

describe("the comparison of two snapshots", () => {
  it("finds no difference between equal snapshots", () => {
    fc.assert(
      fc.property(snapshots, (snapshot) => {
        expect(compareSnapshots(snapshot, structuredClone(snapshot))).toEqual([]);
      }),
    );
  });

  it("finds as missing the objects that it finds as unexpected in the other direction", () => {
    fc.assert(
      fc.property(snapshots, snapshots, (one, other) => {
        const objects = (kind: string, from: typeof one, to: typeof one): string[] =>
          compareSnapshots(from, to)
            .filter((difference) => difference.kind === kind)
            .map(({ object }) => object);
        expect(objects("missing", one, other)).toEqual(objects("unexpected", other, one));
        expect(objects("changed", one, other)).toEqual(objects("changed", other, one));
      }),
    );
  });

  it("gives each object that differs, sorted, with its kind and its changed properties", () => {
    const expected = {
      "view c": { definition: "SELECT 1" },
      "column a.b": { type: "varchar(500)", default: null, notNull: true },
      "table gone": {},
      "table same": { owner: "<owner>", columns: ["x"] },
    };
    const live = {
      "column a.b": { type: "text", default: "'x'", notNull: true },
      "table more": {},
      "table same": { columns: ["x"], owner: "<owner>" },
      "view c": "text",
    };
    expect(compareSnapshots(expected, live)).toEqual([
      {
        object: "column a.b",
        kind: "changed",
        details: ["default: null -> 'x'", "type: varchar(500) -> text"],
      },
      { object: "table gone", kind: "missing", details: [] },
      { object: "table more", kind: "unexpected", details: [] },
      {
        object: "view c",
        kind: "changed",
        details: ['{"definition":"SELECT 1"} -> text'],
      },
    ]);
  });

  it("finds a property that is only on one side", () => {
    expect(compareSnapshots({ a: { x: 1 } }, { a: { y: 2 } })).toEqual([
      { object: "a", kind: "changed", details: ["x: 1 -> nothing", "y: nothing -> 2"] },
    ]);
  });

  it("finds a role whose name is a property of every JavaScript object", () => {
    const live = { t: JSON.parse('{"constructor":["SELECT"],"__proto__":["INSERT"]}') as unknown };
    expect(compareSnapshots({ t: {} }, live)).toEqual([
      {
        object: "t",
        kind: "changed",
        details: ['__proto__: nothing -> ["INSERT"]', 'constructor: nothing -> ["SELECT"]'],
      },
    ]);
    expect(compareSnapshots(live, structuredClone(live))).toEqual([]);
  });

  it("finds a grant option, and a role that has no privileges in the other snapshot", () => {
    expect(
      compareSnapshots(
        { "privileges table t": { r: ["SELECT"] } },
        { "privileges table t": { r: ["SELECT*"], PUBLIC: ["SELECT"] } },
      ).map(formatDifference),
    ).toEqual([
      'changed: privileges table t (PUBLIC: nothing -> ["SELECT"]; r: ["SELECT"] -> ["SELECT*"])',
    ]);
  });
});

describe("a difference", () => {
  it.each([
    [{ object: "table t", kind: "missing", details: [] } as const, "missing: table t"],
    [{ object: "table t", kind: "unexpected", details: [] } as const, "unexpected: table t"],
    [
      { object: "column c", kind: "changed", details: ["a: 1 -> 2", "b: 3 -> 4"] } as const,
      "changed: column c (a: 1 -> 2; b: 3 -> 4)",
    ],
  ])("is formatted as one line: %j", (difference, line) => {
    expect(formatDifference(difference)).toBe(line);
  });

  it("is shown on one line, and cut if it is long", () => {
    const [difference] = compareSnapshots(
      { v: { text: "a\n  b" } },
      { v: { text: "x".repeat(500) } },
    );
    expect(difference?.details).toEqual([`text: a b -> ${"x".repeat(117)}…`]);
  });
});

describe("the comparison of expected and found properties", () => {
  const compared = (object: string, expected: unknown, actual: unknown): readonly string[] =>
    comparisonOf({ object, details: [], expected, actual }).map(
      (one) => `${one.name}: ${one.expected} | ${one.found}`,
    );

  it("shows privileges in words, for any name of a role", () => {
    const live = JSON.parse(
      '{"r":["SELECT*"],"constructor":["SELECT"],"__proto__":["INSERT"]}',
    ) as unknown;
    expect(compared("privileges table t", { r: ["SELECT", "INSERT"] }, live)).toEqual([
      "__proto__: nothing | INSERT",
      "constructor: nothing | SELECT",
      "r: SELECT, INSERT | SELECT with grant option",
    ]);
  });

  it("shows the members of a role with their admin and SET options", () => {
    expect(compared("role r", { members: [] }, { members: ["a*", "b* without SET"] })).toEqual([
      "members: nothing | a with admin option, b with admin option without SET",
    ]);
  });

  it("shows of a missing object only the properties that have a value", () => {
    const column = { type: "text", notNull: true, identity: "", default: null, hidden: false };
    expect(compared("column t.c", column, null)).toEqual([
      "notNull: yes | nothing",
      "type: text | nothing",
    ]);
    expect(compared("column t.c", column, { ...column, notNull: false })).toEqual([
      "notNull: yes | no",
    ]);
  });
});
