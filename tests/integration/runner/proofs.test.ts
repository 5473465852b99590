import type { Client } from "pg";
import { executeSteps } from "../../../runner/execute/executeStep";
import type { Step } from "../../../runner/model";
import { serverOfFile } from "../../support/postgres";

const server = serverOfFile({ major: 18 });

/** A step of these slices, each with the tag that its lock gives it; without one it is still to be locked. */
function stepOf(...slices: readonly (readonly [sql: string, tag?: string])[]): Step {
  const statements = slices.map(([sql, tag], index) => ({
    number: index + 1,
    bytes: Buffer.from(sql),
    offset: 0,
    ...(tag === undefined ? {} : { locked: { tag } }),
  }));
  const source = slices.map(([sql]) => sql).join("");
  return { directive: "ad_006", id: "step", file: "a.sql", source, statements } as unknown as Step;
}

/** Runs it as a run does, and gives the refusal and the number of tables `one` afterwards. */
async function run(step: Step): Promise<readonly [refusal: string, tables: number]> {
  const database = await server().createDatabase({ shape: "empty" });
  const client: Client = await database.connect();
  await client.query("BEGIN");
  const refusal = await executeSteps(client, [step]).then(
    () => "",
    (error: unknown) => (error as Error).message,
  );
  await client.query("ROLLBACK");
  const { rows } = await client.query("SELECT FROM pg_class WHERE relname = 'one'");
  return [refusal, rows.length];
}

describe("a statement of a step", () => {
  it("runs when the server answers with the command tag of the lock", async () => {
    const step = stepOf(
      ["CREATE TABLE one (id int);", "CREATE TABLE"],
      ["INSERT INTO one VALUES (1), (2);", "INSERT"],
      ["DO $$ BEGIN DELETE FROM one; END $$;", "DO"],
    );
    expect(await run(step)).toStrictEqual(["", 0]);
  });

  it.each([
    [
      "another statement",
      ["CREATE TABLE one (id int);", "CREATE VIEW"],
      "the command tag CREATE TABLE,",
    ],
    [
      "two statements",
      ["CREATE TABLE one (id int); DROP TABLE one;", "CREATE TABLE"],
      "the command tags CREATE TABLE, DROP TABLE,",
    ],
    ["no statement", ["-- nothing", "CREATE TABLE"], "no command tag,"],
  ] as const)("is refused when it is %s", async (_, slice, found) => {
    const [refusal, tables] = await run(stepOf(slice, ["SELECT 1;", "SELECT"]));
    expect(refusal).toContain(
      `VERIFY_FAILED: running statement 1 of sql/ad_006/a.sql: found ${found}`,
    );
    expect(tables).toBe(0);
  });

  it("is refused before it is locked when the server finds two statements in it", async () => {
    const [refusal] = await run(stepOf(["CREATE TABLE one (id int); DROP TABLE one;"]));
    expect(refusal).toContain(
      "DIRECTIVE_REFUSED: running statement 1 of sql/ad_006/a.sql: found the command tags CREATE TABLE, DROP TABLE, expected one",
    );
  });

  it.each([
    [
      "COMMIT",
      "VERIFY_FAILED: running statement 2 of sql/ad_006/a.sql: found the transaction's status I,",
    ],
    [
      "COMMIT AND CHAIN",
      "VERIFY_FAILED: looking at the transaction behind the directive's statements: found none that wrote anything,",
    ],
    ["ROLLBACK AND CHAIN", "VERIFY_FAILED: looking at the transaction"],
  ])(
    "is refused when it ends the transaction, whatever its lock says: %s",
    async (sql, refused) => {
      const tag = sql.split(" ")[0] ?? "";
      const [refusal] = await run(
        stepOf(["CREATE TABLE one (id int);", "CREATE TABLE"], [sql, tag]),
      );
      expect(refusal).toContain(refused);
    },
  );
});
