import { applyDirective } from "../../../runner/actions/apply";
import { readHistory } from "../../../runner/history/history";
import { withConnection } from "../../../runner/postgres/connection";
import { applied } from "../../support/directive";
import { driftOf } from "../../support/drift";
import { serverOfFile } from "../../support/postgres";

const server = serverOfFile({ major: 17 });

it.each([
  "UPDATE v7_control.history SET plan_digest = plan_digest",
  "DELETE FROM v7_control.history",
  "TRUNCATE v7_control.history",
])("the history cannot be changed, not even by its owner: %s", async (sql) => {
  const { client } = await applied(server());
  await expect(client.query(sql)).rejects.toThrow("v7_control.history is append-only");
});

it.each([
  [
    "a changed row",
    "UPDATE v7_control.history SET applied_by = 'somebody' WHERE position = 3",
    "row 3",
  ],
  ["a deleted row", "DELETE FROM v7_control.history WHERE position = 4", "row 5"],
  ["a changed detail", "UPDATE v7_control.history SET details = '{}' WHERE position = 2", "row 2"],
  [
    "a time without end",
    `UPDATE v7_control.history SET recorded_at = 'infinity' WHERE position = 2`,
    "row 2",
  ],
  [
    "details that are null",
    `UPDATE v7_control.history SET details = 'null' WHERE position = 2`,
    "row 2",
  ],
  [
    "no details",
    `ALTER TABLE v7_control.history ALTER details DROP NOT NULL; UPDATE v7_control.history SET details = NULL WHERE position = 2`,
    "row 2",
  ],
])(
  "the history is refused and found as drift with %s, and nothing runs",
  async (_what, sql, where) => {
    const { request, client } = await applied(server());
    await client.query(`ALTER TABLE v7_control.history DISABLE TRIGGER USER; ${sql}`);
    await expect(withConnection(request.connection, readHistory)).rejects.toThrow(
      new RegExp(`^HISTORY_BROKEN: verifying v7_control.history at ${where}:`),
    );
    await expect(applyDirective(request)).rejects.toThrow(/^HISTORY_BROKEN/);
    expect(await driftOf(client, request)).toContainEqual(
      expect.stringContaining(`changed: history ${where} `),
    );
  },
);

it("the history is refused with the server's message when its table has other columns", async () => {
  const { request, client } = await applied(server());
  await client.query("ALTER TABLE v7_control.history RENAME COLUMN details TO more");
  await expect(applyDirective(request)).rejects.toThrow(
    /^HISTORY_BROKEN: reading v7_control\.history: found column "details" does not exist/,
  );
});
