import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { loadDirectives } from "../../../runner/directive/directive";
import { faultOf } from "../../support/faults";
import { copySqlFolder, removeCopies, SQL_FOLDER } from "../../support/sqlFolder";

jest.mock("libpg-query", () => {
  throw new Error("libpg-query was loaded at run time");
});

afterEach(removeCopies);

interface LockText {
  steps: {
    step: string;
    inverse: { statements?: unknown[] };
    statements: { offset: number; length: number; sha256: string; statement: number }[];
  }[];
}

/** The message that refuses a run with this change of its lock. */
async function refusalOf(change: (lock: LockText) => void): Promise<string> {
  const folder = copySqlFolder();
  const path = join(folder, "ad_005", "lock.json");
  const lock = JSON.parse(readFileSync(path, "utf8")) as LockText;
  change(lock);
  writeFileSync(path, JSON.stringify(lock));
  return (await faultOf(() => loadDirectives(folder, []))).message;
}

const statementsOf = (lock: LockText, id: string): LockText["steps"][number]["statements"] =>
  lock.steps.find(({ step }) => step === id)?.statements ?? [];

describe("the statements of a run", () => {
  it("are cut by the lock without a parser, and together are the files, byte for byte", async () => {
    const { allSteps } = await loadDirectives(SQL_FOLDER, [], "");
    const sections = allSteps.filter(({ kind }) => kind === "section");
    expect(Buffer.concat(sections.map(({ bytes }) => bytes))).toStrictEqual(
      readFileSync(join(SQL_FOLDER, "ad_005", "directive.sql")),
    );
    for (const { file, statements, inverse } of [
      ...allSteps.filter(({ kind }) => kind !== "section"),
      ...allSteps.flatMap(({ inverse: one }) =>
        one === undefined ? [] : [{ ...one, inverse: one }],
      ),
    ]) {
      const bytes = Buffer.concat(statements.map((one) => one.bytes));
      expect([file, inverse?.file ?? "", bytes]).toStrictEqual([
        file,
        inverse?.file ?? "",
        readFileSync(join(SQL_FOLDER, "ad_005", file)),
      ]);
      expect(statements.every(({ locked }) => locked !== undefined)).toBe(true);
    }
  });

  it.each([
    [
      "the lock lacks a statement",
      (lock: LockText) => statementsOf(lock, "section_7").splice(2, 1),
      "found statement 10 elsewhere than in sql/ad_005/directive.sql",
    ],
    [
      "the lock lacks the last statement",
      (lock: LockText) => statementsOf(lock, "section_8").splice(0, 1),
      "found statements that end elsewhere than in sql/ad_005/directive.sql",
    ],
    [
      "a statement begins later in the lock",
      (lock: LockText) => {
        const [, second] = statementsOf(lock, "lockdown");
        Object.assign(second ?? {}, { offset: (second?.offset ?? 0) + 1 });
      },
      "found statement 2 elsewhere than in sql/ad_005/amendments/lockdown.sql",
    ],
    [
      "two statements are one in the lock",
      (lock: LockText) => {
        const statements = statementsOf(lock, "lockdown");
        const [first, second] = statements.splice(0, 2);
        statements.push({
          ...(first ?? second),
          length: (first?.length ?? 0) + (second?.length ?? 0),
        } as never);
      },
      "found statement 1 elsewhere than in sql/ad_005/amendments/lockdown.sql",
    ],
    [
      "an inverse has no statements in the lock",
      (lock: LockText) => {
        (lock.steps[0]?.inverse.statements ?? []).length = 0;
      },
      "found statements that end elsewhere than in sql/ad_005/rollback/v7_control.sql",
    ],
  ])("are refused if %s", async (_, change, found) => {
    expect(await refusalOf(change)).toContain(
      `MANIFEST_INVALID: reading "sql/ad_005/lock.json": ${found}, expected the statements of that file`,
    );
  });
});
