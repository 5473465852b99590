import { applyDirective } from "../../../runner/actions/apply";
import { readHistory } from "../../../runner/history/history";
import { withConnection } from "../../../runner/postgres/connection";
import { applyRequest } from "../../support/directive";
import { startTestServer, type TestServer } from "../../support/postgres";

let server: TestServer;

beforeAll(async () => {
  server = await startTestServer({ major: 17 });
});

afterAll(async () => {
  await server.stop();
});

it.each([
  "UPDATE v7_control.history SET plan_digest = plan_digest",
  "DELETE FROM v7_control.history",
  "TRUNCATE v7_control.history",
])("cannot be changed, not even by its owner: %s", async (sql) => {
  const database = await server.createDatabase({ shape: "supabase" });
  await applyDirective(await applyRequest(database));
  const client = await database.connect();
  await expect(client.query(sql)).rejects.toThrow("v7_control.history is append-only");
});

it.each([
  [
    "a changed row",
    "UPDATE v7_control.history SET applied_by = 'somebody' WHERE position = 3",
    "row 3",
  ],
  ["a row taken out", "DELETE FROM v7_control.history WHERE position = 4", "row 5"],
  ["a changed detail", "UPDATE v7_control.history SET details = '{}' WHERE position = 2", "row 2"],
])("is refused with %s, and nothing runs", async (_what, sql, where) => {
  const database = await server.createDatabase({ shape: "supabase" });
  const request = await applyRequest(database);
  await applyDirective(request);
  const client = await database.connect();
  await client.query(`ALTER TABLE v7_control.history DISABLE TRIGGER USER; ${sql}`);
  await expect(withConnection(request.connection, readHistory)).rejects.toThrow(
    new RegExp(`^HISTORY_BROKEN: verifying v7_control.history at ${where}:`),
  );
  await expect(applyDirective(request)).rejects.toThrow(/^HISTORY_BROKEN/);
});

it("refuses a step whose bytes are not those that ran, with both digests", async () => {
  const database = await server.createDatabase({ shape: "supabase" });
  const request = await applyRequest(database);
  await applyDirective(request);
  const steps = request.steps.map((step) =>
    step.id === "section_6" ? { ...step, sha256: "f".repeat(64) } : step,
  );
  const ran = request.steps.find(({ id }) => id === "section_6")?.sha256 ?? "";
  await expect(applyDirective({ ...request, steps })).rejects.toThrow(
    new RegExp(`^HISTORY_CONFLICT: .*"section_6".*sha256 f{64}, expected ${ran}, `),
  );
});
