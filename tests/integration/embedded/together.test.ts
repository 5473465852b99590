import { spawn } from "node:child_process";
import { readFileSync, symlinkSync } from "node:fs";
import { join } from "node:path";
import { ownerName } from "../../../runner/base/lock";
import { clusterStatus, createCluster, type Place, placeOf } from "../../../runner/embedded";
import { checkoutOfTests, count, killServer } from "./checkout";

jest.setTimeout(120_000);

describe("several processes at one cluster", () => {
  const place = placeOf("dev", checkoutOfTests());

  it("create it once, and only the last process's password is valid", async () => {
    const made = await Promise.all([createCluster(place, 17), createCluster(place, 17)]);
    const works = await Promise.all(
      made.map((access) => count(access, "file_audit").catch(() => "refused")),
    );
    expect(works.filter((one) => one !== "refused")).toEqual([6]);
    expect(new Set(made.map(({ port }) => port)).size).toBe(1);
  });

  it("start it once, and all of them get its port", async () => {
    const { pid, port } = await clusterStatus(place);
    await killServer(Number(pid));
    const before = startsIn(place);
    const printed = await Promise.all([1, 2, 3, 4, 5].map(() => startInAnotherProcess(place)));
    expect(printed).toEqual(Array(5).fill(`port ${String(port)}`));
    expect(await clusterStatus(place)).toMatchObject({ state: "up", port });
    expect(startsIn(place) - before).toBe(1);
  });

  it("take over the lock of a process that died", async () => {
    const { pid, port } = await clusterStatus(place);
    await killServer(Number(pid));
    symlinkSync(ownerName(process.pid).replace(/^\d+/, "2147480000"), place.lockFile);
    const printed = await Promise.all([1, 2, 3].map(() => startInAnotherProcess(place)));
    expect(printed).toEqual(Array(3).fill(`port ${String(port)}`));
  });
});

function startsIn(place: Place): number {
  return readFileSync(place.logFile, "utf8").split("LOG:  starting PostgreSQL").length - 1;
}

async function startInAnotherProcess(place: Place): Promise<string> {
  const script = `
    require("./engine/typescript.cjs");
    const { placeOf, startCluster } = require("./runner/embedded/index.ts");
    startCluster(placeOf(process.argv[1], process.argv[2])).then(
      (port) => console.log("port " + port),
      (error) => console.log(error.message),
    );`;
  const child = spawn(process.execPath, ["-e", script, place.stack, place.checkout], {
    cwd: join(__dirname, "../../.."),
    stdio: ["ignore", "pipe", "inherit"],
  });
  let printed = "";
  child.stdout.setEncoding("utf8").on("data", (text: string) => (printed += text));
  await new Promise((resolve) => child.once("close", resolve));
  return printed.trim();
}
