import { MAX_FILL_BYTES, MAX_VALUE_BYTES } from "../../../runner/rehearsal/bounds";
import { fillStatement } from "../../../runner/rehearsal/fillTable";

function fillOf(
  { type = "text", width }: { readonly type?: string; readonly width?: number },
  rows: number,
): ReturnType<typeof fillStatement> {
  const name = { schema: "public", name: "file_audit" };
  const id = { kind: "column", name: "note", of: { kind: "table", ...name } };
  return fillStatement(
    {
      name,
      columns: [{ id, properties: { type, notNull: true } }],
      widths: width === undefined ? {} : { note: width },
    },
    rows,
    { fixed: new Map(), keys: [], enums: new Set(["public.mood"]) },
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

  it("have an enum's first value, and an empty list for a list of them", () => {
    expect(fillOf({ type: "public.mood" }, 1).sql).toContain("(enum_range(NULL::public.mood))[1]");
    expect(fillOf({ type: "public.mood[]" }, 1).sql).toContain("SELECT '{}'");
  });

  it("are fewer if their type pads its values", () => {
    const { rows } = fillOf({ type: "character(8000)" }, 1_000_000_000);
    expect(rows * 8000).toBeLessThanOrEqual(MAX_FILL_BYTES);
  });
});
