import { diagnosisOf } from "../../../runner/container/diagnosis";
import type { Container } from "../../../runner/container/docker";

const CONTAINER: Container = {
  name: "v7-box-1a2b3c4d",
  stack: "box",
  status: "running",
  exitCode: 0,
  restarts: 0,
};

describe("a container whose server does not answer", () => {
  it.each(["exited", "created", "dead"])(
    "has npm start as its remedy if its status is %s",
    (status) => {
      const { found, remedy } = diagnosisOf({ ...CONTAINER, status, exitCode: 137 }, []);
      expect(found).toMatch(`the container "v7-box-1a2b3c4d" ${status}`);
      expect(remedy).toBe(
        "Run npm start -- --stack box: it makes another container on the same volume",
      );
    },
  );

  it("has docker unpause as its remedy if it is paused", () => {
    const { remedy } = diagnosisOf({ ...CONTAINER, status: "paused" }, []);
    expect(remedy).toBe("Run docker unpause v7-box-1a2b3c4d");
  });

  it("is reported with the major version of its data if its image has another one", () => {
    const lines = [
      "FATAL:  database files are incompatible with server",
      "DETAIL:  The data directory was initialized by PostgreSQL version 15, which is not compatible with this version 17.10.",
    ];
    const restarting = { ...CONTAINER, status: "restarting", exitCode: 1, restarts: 4 };
    const { found, remedy, detail } = diagnosisOf(restarting, lines);
    expect(found).toBe(
      'the container "v7-box-1a2b3c4d" restarting (exit code 1), started again 4 times',
    );
    expect(remedy).toMatch(
      /^Its volume has the data of PostgreSQL 15: set v7:postgresMajor back to 15/,
    );
    expect(detail).toStrictEqual([
      "  The last lines of docker logs v7-box-1a2b3c4d:",
      ...lines.map((line) => `    ${line}`),
    ]);
  });

  it("has an empty volume as its remedy if it restarts again and again for another reason", () => {
    const { remedy } = diagnosisOf({ ...CONTAINER, status: "restarting", restarts: 4 }, [
      "no room",
    ]);
    expect(remedy).toMatch(
      /last lines say.* pulumi up --stack box --replace '\*\*::database-server-volume'/,
    );
  });
});
