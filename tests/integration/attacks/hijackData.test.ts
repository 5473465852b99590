import { createDatabaseClone, dropDatabaseClone } from "../../../runner/clone/databaseClone";
import { copyRows } from "../../../runner/data/copyRows";
import { seedDatabase } from "../../../runner/data/seed";
import { connectionOf } from "../../support/directive";
import { BRANCH_STACK, makePair } from "../../support/givenData";
import { MAJORS } from "../../support/majors";
import { serverOfFile } from "../../support/postgres";
import { firedTraps, makePlanter, plantBeforeBuiltIns } from "../../support/traps";
import { startSharedServer } from "../clone/setting";

describe("planted code", () => {
  const server = serverOfFile({ major: 18 });

  it("never fires in a copy of another stack's rows or in a seed", async () => {
    const { from, to, request } = await makePair({ from: server(), to: server() });
    for (const database of [from, to]) {
      const admin = await database.connect(server().superuser, server().superuserPassword);
      await makePlanter(admin);
      await plantBeforeBuiltIns(admin, database.name, database.owner);
    }
    await copyRows(request);
    const { outcome } = await seedDatabase({
      ...request,
      connection: connectionOf(to),
      stack: BRANCH_STACK,
      name: "more.sql",
      bytes: Buffer.from(
        "INSERT INTO file_audit (file_path) SELECT 'g' || n FROM generate_series(1, 3) n;\n",
      ),
    });
    expect(outcome).toBe("seeded");
    expect(firedTraps(server())).toStrictEqual([]);
    // The traps fire for a session that keeps the login's path, so that this test can fail.
    const careless = await to.connect();
    await expect(careless.query("SELECT length('a')")).rejects.toThrow("TRAP fired");
    expect(firedTraps(server())).toHaveLength(1);
  });
});

it.each(MAJORS)("planted code never fires in a clone, on PostgreSQL %i", async (major) => {
  const shared = await startSharedServer(major);
  try {
    const admin = await shared.connect(shared.template, shared.server.superuser);
    await makePlanter(admin);
    await plantBeforeBuiltIns(admin, shared.template, shared.login);
    await admin.end();
    const request = shared.request("hijacked");
    await createDatabaseClone(request);
    await dropDatabaseClone(request);
    expect(firedTraps(shared.server)).toStrictEqual([]);
  } finally {
    await shared.server.stop();
  }
});
