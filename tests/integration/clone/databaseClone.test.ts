import {
  checkDatabaseClone,
  createDatabaseClone,
  dropDatabaseClone,
  isCloneThere,
} from "../../../runner/clone/databaseClone";
import { unfinishedMark } from "../../../runner/clone/template";
import { isProtected } from "../../../runner/postgres/protection";
import { faultOf } from "../../support/faults";
import { MAJORS } from "../../support/majors";
import { runKilled, startSharedServer, stateOf, whole, type SharedServer } from "./setting";

describe.each(MAJORS)("a database cloned from a template, on PostgreSQL %i,", (major) => {
  let shared: SharedServer;
  beforeAll(async () => {
    shared = await startSharedServer(major);
  });
  afterAll(async () => {
    await shared.server.stop();
  });

  const rowsIn = async (database: string): Promise<unknown> => {
    const client = await shared.connect(database);
    try {
      return (await client.query("SELECT count(*)::int AS count FROM filled")).rows;
    } finally {
      await client.end();
    }
  };

  it("has the template's rows, belongs to the stack, and is unprotected and open", async () => {
    const request = shared.request("plain");
    await expect(checkDatabaseClone(request)).resolves.toBe(false);
    await expect(createDatabaseClone(request)).resolves.toBe(true);
    expect(await stateOf(shared.admin, "plain")).toEqual(whole(request.stack));
    expect(await isProtected(shared.admin, "plain")).toBe(false);
    expect(await rowsIn("plain")).toEqual([{ count: 100 }]);
    await expect(isCloneThere(request)).resolves.toBe(true);
    await dropDatabaseClone(request);
  });

  it("is unchanged by a second run, and does not exist for another stack", async () => {
    const request = shared.request("twice");
    await createDatabaseClone(request);
    const client = await shared.connect("twice");
    await client.query("DELETE FROM filled WHERE n > 7");
    await client.end();
    await expect(createDatabaseClone(request)).resolves.toBe(false);
    expect(await rowsIn("twice")).toEqual([{ count: 7 }]);
    await expect(isCloneThere(shared.request("twice", "another"))).resolves.toBe(false);
    await dropDatabaseClone(request);
  });

  it("can have any name that PostgreSQL allows", async () => {
    const request = shared.request(`a "b" 'c'; -- ${"é".repeat(20)}`);
    await createDatabaseClone(request);
    expect(await rowsIn(request.connection.databaseName)).toEqual([{ count: 100 }]);
    await dropDatabaseClone(request);
    expect(await shared.databases()).toEqual([]);
  });

  it("is dropped even while somebody is connected, and can be dropped twice", async () => {
    const request = shared.request("used");
    await createDatabaseClone(request);
    const client = await shared.connect("used");
    await dropDatabaseClone(request);
    await expect(client.query("SELECT 1")).rejects.toThrow(/not queryable|terminat/);
    await dropDatabaseClone(request);
    expect(await shared.databases()).toEqual([]);
  });

  it("is created for eight stacks at the same time", async () => {
    const requests = Array.from({ length: 8 }, (_, index) =>
      shared.request(`many${String(index)}`),
    );
    await Promise.all(requests.map((request) => createDatabaseClone(request)));
    const states: unknown[] = [];
    for (const { connection } of requests) {
      states.push(await stateOf(shared.admin, connection.databaseName));
    }
    expect(states).toEqual(requests.map(({ stack }) => whole(stack)));
    await Promise.all(requests.map((request) => dropDatabaseClone(request)));
    expect(await shared.databases()).toEqual([]);
  });

  it("is created once when one stack asks four times at the same time", async () => {
    const request = shared.request("raced");
    const made = await Promise.all([1, 2, 3, 4].map(() => createDatabaseClone(request)));
    expect(made.filter((isMade) => isMade)).toHaveLength(1);
    expect(await stateOf(shared.admin, "raced")).toEqual(whole(request.stack));
    await dropDatabaseClone(request);
  });

  it("belongs to one stack when two ask for its name at the same time", async () => {
    const requests = ["one", "two"].map((stack) => shared.request("wanted", stack));
    const results = await Promise.allSettled(requests.map((each) => createDatabaseClone(each)));
    const made = results.findIndex(({ status }) => status === "fulfilled");
    const refused = results.find(({ status }) => status === "rejected") as PromiseRejectedResult;
    expect(String(refused.reason)).toMatch(/CLONE_REFUSED: .*noted as stack "(one|two)"'s/);
    expect(await stateOf(shared.admin, "wanted")).toEqual(whole(requests[made]?.stack ?? ""));
    await Promise.all(requests.slice(made, made + 1).map((each) => dropDatabaseClone(each)));
  });

  describe("after a kill -9", () => {
    it.each(["cloning", "+5", "opening", "end"])(
      "of the run that creates it, at %s, is complete after the next run",
      async (point) => {
        const request = shared.request("killed");
        runKilled("create", request, point);
        await createDatabaseClone(request);
        expect(await stateOf(shared.admin, "killed")).toEqual(whole(request.stack));
        expect(await rowsIn("killed")).toEqual([{ count: 100 }]);
        await dropDatabaseClone(request);
        expect(await shared.databases()).toEqual([]);
      },
    );

    it("before it is opened, lets nobody in, does not exist for its stack, and can be dropped", async () => {
      const request = shared.request("closed");
      runKilled("create", request, "opening");
      expect(await stateOf(shared.admin, "closed")).toEqual({
        open: false,
        limit: unfinishedMark(request.stack),
        owner: shared.login,
        comment: null,
        settings: null,
      });
      await expect(shared.connect("closed")).rejects.toThrow(/not currently accepting connections/);
      await expect(isCloneThere(request)).resolves.toBe(false);
      const { message } = await faultOf(() => createDatabaseClone(shared.request("closed", "x")));
      expect(message).toMatch(/^CLONE_REFUSED: .*owned by "v7_branches", without a note of ours/);
      await dropDatabaseClone(request);
      expect(await shared.databases()).toEqual([]);
    });

    it.each(["+1", "+20", "+60", "end"])(
      "of the run that drops it, at %s, is gone after the next drop or complete after the next up",
      async (point) => {
        const request = shared.request("dropped");
        await createDatabaseClone(request);
        runKilled("drop", request, point);
        await createDatabaseClone(request);
        expect(await stateOf(shared.admin, "dropped")).toEqual(whole(request.stack));
        runKilled("drop", request, point);
        await dropDatabaseClone(request);
        expect(await shared.databases()).toEqual([]);
      },
    );

    it("of the server that is dropping it, is recognized as invalid and created again", async () => {
      const request = shared.request("invalid");
      await createDatabaseClone(request);
      // What a DROP DATABASE that a crash ended leaves behind. https://www.postgresql.org/docs/17/manage-ag-dropdb.html
      await shared.admin.query(
        "UPDATE pg_database SET datconnlimit = -2 WHERE datname = 'invalid'",
      );
      await expect(isCloneThere(request)).resolves.toBe(false);
      await createDatabaseClone(request);
      expect(await stateOf(shared.admin, "invalid")).toEqual(whole(request.stack));
      await dropDatabaseClone(request);
    });
  });
});
