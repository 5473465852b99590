import { partitionValues } from "../../../runner/rehearsal/partitionValues";
import type { SurroundingTable } from "../../../runner/rehearsal/surroundingsModel";

function table(
  name: string,
  family: Partial<Pick<SurroundingTable, "partitionKey" | "bound">>,
  parent?: string,
): SurroundingTable {
  return {
    id: { kind: "table", schema: "public", name },
    properties: {},
    name: { schema: "public", name },
    owner: "o",
    columns: [],
    constraints: [],
    others: [],
    widths: {},
    partitionKey: null,
    bound: null,
    parents: parent === undefined ? [] : [{ schema: "public", name: parent }],
    rows: 0,
    ...family,
  };
}

const valuesOf = async (key: string, bound: string): Promise<unknown> => {
  const tables = [
    table("whole", { partitionKey: "LIST (land)" }),
    table("part", { partitionKey: key, bound: "FOR VALUES IN ('d''e', 'fr')" }, "whole"),
    table("leaf", { bound }, "part"),
  ];
  const leaf = tables.at(-1);
  return leaf && Object.fromEntries(await partitionValues(leaf, tables));
};

describe("the values of a partition's rows", () => {
  it.each([
    [
      "RANGE (at, n)",
      "FOR VALUES FROM ('2026-01-01', 0) TO ('2027-01-01', 5)",
      { at: "'2026-01-01'", n: "'0'" },
    ],
    ["RANGE (n)", "FOR VALUES FROM (MINVALUE) TO (5)", {}],
    ["LIST (flag)", "FOR VALUES IN (false)", { flag: "'false'" }],
    ["LIST (note)", "FOR VALUES IN (NULL)", { note: "NULL" }],
    ["LIST (lower(note))", "FOR VALUES IN ('a')", {}],
    ["HASH (id)", "FOR VALUES WITH (modulus 2, remainder 0)", {}],
  ])("are those of its own bound and of its parents' bounds: %s %s", async (key, bound, values) => {
    expect(await valuesOf(key, bound)).toStrictEqual({ land: "'d''e'", ...values });
  });
});
