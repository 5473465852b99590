import { MAX_FILL_BYTES, MAX_VALUE_BYTES } from "../../../runner/rehearsal/bounds";
import { fillStatement } from "../../../runner/rehearsal/fillTable";
import type { SurroundingColumn } from "../../../runner/rehearsal/surroundingsModel";

const COLUMN: SurroundingColumn = {
  name: "note",
  type: "text",
  notNull: true,
  default: null,
  generated: "",
  identity: "",
  isLocal: true,
  isEnum: false,
  width: null,
};

function fillOf(
  column: Partial<SurroundingColumn>,
  rows: number,
): ReturnType<typeof fillStatement> {
  return fillStatement(
    {
      name: { schema: "public", name: "file_audit" },
      owner: "o",
      columns: [{ ...COLUMN, ...column }],
      constraints: [],
      indexes: [],
      others: [],
      partitionKey: null,
      bound: null,
      parents: [],
      reference: "public.t",
      rows,
    },
    rows,
  );
}

describe("made-up rows", () => {
  it("are as many and as wide as the target's", () => {
    expect(fillOf({ width: 106 }, 5)).toStrictEqual({
      rows: 5,
      sql: `INSERT INTO "public"."file_audit" ("note") SELECT i || repeat('x', 100) FROM generate_series(1, 5) AS series(i)`,
    });
  });

  it("have values of limited width, even if the target's are 10 GB wide", () => {
    const { sql, rows } = fillOf({ width: 10 * 1024 ** 3 }, 1_000_000);
    expect(sql).toContain(`repeat('x', ${String(MAX_VALUE_BYTES - 6)})`);
    expect(rows * MAX_VALUE_BYTES).toBeLessThanOrEqual(MAX_FILL_BYTES);
  });

  it("are fewer if their type pads its values", () => {
    const { rows } = fillOf({ type: "character(8000)" }, 1_000_000_000);
    expect(rows * 8000).toBeLessThanOrEqual(MAX_FILL_BYTES);
  });
});
