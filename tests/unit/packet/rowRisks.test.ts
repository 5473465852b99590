import { loadDirectives } from "../../../runner/directive/directive";
import { NOTHING_DONE } from "../../../runner/directive/readLock";
import type { LockedStatement, Step } from "../../../runner/model";
import { rowRisks } from "../../../runner/packet/facts/risks";
import { SQL_FOLDER } from "../../support/sqlFolder";

/** A step of one statement that did this. */
async function stepOf(id: string, did: Partial<LockedStatement>): Promise<Step> {
  const { steps } = await loadDirectives(SQL_FOLDER, []);
  const step = steps.find(({ statements }) => statements.length > 0);
  const [statement] = step?.statements ?? [];
  if (step === undefined || statement?.locked === undefined) {
    throw new Error("no step has a locked statement");
  }
  const locked = { ...statement.locked, ...NOTHING_DONE, ...did };
  return { ...step, id, statements: [{ ...statement, locked }] };
}

describe("the risks of a plan for rows", () => {
  it("name each statement that changes or deletes rows, and each column whose type changes", async () => {
    const table = { kind: "table", schema: "public", name: "jobs" } as const;
    const type = { from: "numeric(10,4)", to: "integer" };
    const [risk, ...more] = rowRisks([
      await stepOf("section_1", { tag: "TRUNCATE TABLE" }),
      await stepOf("section_2", { tag: "DO", tables: [{ writes: ["public.jobs"] }] }),
      await stepOf("section_3", {
        tag: "ALTER TABLE",
        changed: [{ id: { kind: "column", name: "pay", of: table }, properties: { type } }],
      }),
      await stepOf("section_4", { tag: "SELECT" }),
    ]);
    expect(more).toStrictEqual([]);
    expect(risk).toStrictEqual({
      tone: "caution",
      text: "No archive has the values that are changed or deleted by TRUNCATE TABLE in section_1, DO in section_2, the type of column pay of table public.jobs in section_3: a rollback brings back what the inverses can make of the rows that are there then.",
    });
  });

  it("are none where rows are only added", async () => {
    expect(rowRisks((await loadDirectives(SQL_FOLDER, [])).steps)).toStrictEqual([]);
  });
});
