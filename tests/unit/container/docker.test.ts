import { containerAtPort, lastLogLines } from "../../../runner/container/docker";
import { choosePort } from "../../../runner/embedded/system/port";
import { connect } from "../../../runner/postgres/connection";
import { putFakeDocker } from "../../support/fakeDocker";

let takeAway: () => void;
afterEach(() => {
  takeAway();
});

describe("a stack's container", () => {
  it("is found by its own port, even if it is not running", async () => {
    takeAway = putFakeDocker({ port: 25_846, status: "exited", exitCode: 137 });
    await expect(containerAtPort(25_846)).resolves.toStrictEqual({
      name: "v7-box-1a2b3c4d",
      stack: "box",
      status: "exited",
      exitCode: 137,
      restarts: 0,
    });
    await expect(containerAtPort(25_847)).resolves.toBeUndefined();
  });

  it("shows its last log lines with their control characters escaped", async () => {
    takeAway = putFakeDocker({ port: 1, status: "exited", log: "one\n\u001b[2Jtwo\n" });
    await expect(lastLogLines("v7-box-1a2b3c4d")).resolves.toStrictEqual(["one", "[U+001B][2Jtwo"]);
    await expect(lastLogLines("v7-other")).resolves.toStrictEqual([]);
  });

  it("is named with its status and last lines if its server does not answer", async () => {
    const port = await choosePort("closed");
    takeAway = putFakeDocker({ port, status: "exited", exitCode: 137, log: "no room\n" });
    const settings = { host: "127.0.0.1", port, databaseName: "d", user: "u", password: "hidden" };
    await expect(connect({ ...settings, sslMode: "disable" })).rejects.toThrow(
      [
        `SERVER_UNREACHABLE: connecting to "u@127.0.0.1:${String(port)}/d": found ECONNREFUSED, and the container ` +
          '"v7-box-1a2b3c4d" exited (exit code 137), expected a PostgreSQL server. ' +
          "Run npm start -- --stack box: it makes another container on the same volume.",
        "  The last lines of docker logs v7-box-1a2b3c4d:",
        "    no room",
      ].join("\n"),
    );
  });
});
