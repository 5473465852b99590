import { spawn, spawnSync } from "node:child_process";
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { join } from "node:path";
import {
  clusterStatus,
  createCluster,
  HOST,
  listClusters,
  type Place,
  placeOf,
  startCluster,
  stopAll,
  stopCluster,
  SUPERUSER,
} from "../../../runner/embedded";
import { ask, type Checkout, commandOf, killServer, login, makeCheckout } from "./checkout";

jest.setTimeout(120_000);

let checkout: Checkout;

beforeAll(() => {
  checkout = makeCheckout();
});

afterAll(async () => {
  await checkout.remove();
});

describe("a cluster whose making was interrupted", () => {
  it("is made anew, whenever that was", async () => {
    const place = placeOf("interrupted", checkout.folder);
    for (const delay of [0, 100, 300, 600, 900, 1200, 1500]) {
      await killedCreate(place, delay);
      const { state } = await clusterStatus(place);
      const access = await createCluster(place, 17);
      expect(await ask(access, "SELECT count(*)::int AS n FROM file_audit")).toEqual([{ n: 6 }]);
      expect(["gone", "down", "up"]).toContain(state);
      await stopCluster(place);
      rmSync(place.home, { recursive: true });
    }
  });
});

describe("a cluster whose state was lost", () => {
  it("keeps its data, and gets new passwords and the port that it had", async () => {
    const place = placeOf("lost", checkout.folder);
    const before = await createCluster(place, 16);
    await ask(before, "INSERT INTO jobs DEFAULT VALUES");
    const after = await createCluster(place, 16);
    expect(after.port).toBe(before.port);
    expect(await ask(after, "SELECT count(*)::int AS n FROM jobs")).toEqual([{ n: 1 }]);
    await expect(login(after.port, "postgres", before.password)).rejects.toThrow("password");
    await expect(login(after.port, SUPERUSER, before.superuserPassword)).rejects.toThrow(
      "password",
    );
    const superuser = await login(after.port, SUPERUSER, after.superuserPassword);
    await superuser.end();
  });

  it("is refused as another major, with its data untouched", async () => {
    const place = placeOf("lost", checkout.folder);
    await expect(createCluster(place, 17)).rejects.toThrow(
      'EMBEDDED_FAILED: making the embedded PostgreSQL of stack "lost": found data of PostgreSQL 16 in ' +
        '".v7/stacks/lost", expected PostgreSQL 17.',
    );
    expect(await clusterStatus(place)).toMatchObject({ state: "up", major: 16 });
  });
});

describe("a folder of somebody else's where the cluster would be", () => {
  it("is refused and untouched", async () => {
    const place = placeOf("foreign", checkout.folder);
    mkdirSync(place.dataAtHome, { recursive: true });
    writeFileSync(join(place.home, "thesis.txt"), "years of work");
    await expect(createCluster(place, 17)).rejects.toThrow("that is not ours");
    expect(readFileSync(join(place.home, "thesis.txt"), "utf8")).toBe("years of work");
    expect(await startCluster(place)).toBeUndefined();
    expect(await stopCluster(place)).toBe(false);
  });

  it("is refused where its cluster.json is something else", async () => {
    const place = placeOf("other", checkout.folder);
    mkdirSync(place.home, { recursive: true });
    writeFileSync(place.markerFile, '{ "what": "a cluster of another program" }');
    await expect(createCluster(place, 17)).rejects.toThrow("EMBEDDED_FAILED: reading the marker");
    rmSync(place.home, { recursive: true });
  });
});

describe("a server that ended without a word", () => {
  let place: Place;
  let port: number;
  let password: string;

  beforeAll(async () => {
    place = placeOf("crashed", checkout.folder);
    ({ port, password } = await createCluster(place, 17));
    await ask({ port, password }, "INSERT INTO jobs DEFAULT VALUES");
  });

  it("starts although another process has its number now, and leaves that process alone", async () => {
    const { pid, dataDirectory } = await clusterStatus(place);
    await killServer(Number(pid));
    const pidFile = join(String(dataDirectory), "postmaster.pid");
    const stale = readFileSync(pidFile, "utf8").split("\n").slice(1);
    // The innocent runs as the server's own account: PostgreSQL itself would take it for the server.
    const { uid, gid } = ownerIds(String(dataDirectory));
    const innocent = spawn("sleep", ["60"], { uid, gid, stdio: "ignore" });
    writeFileSync(pidFile, [String(innocent.pid), ...stale].join("\n"));

    expect(await clusterStatus(place)).toMatchObject({ state: "down" });
    expect(await stopCluster(place)).toBe(false);
    expect(commandOf(Number(innocent.pid))).toBe("sleep 60");
    expect(await startCluster(place)).toBe(port);
    expect(commandOf(Number(innocent.pid))).toBe("sleep 60");
    innocent.kill();
    expect(await ask({ port, password }, "SELECT count(*)::int AS n FROM jobs")).toEqual([
      { n: 1 },
    ]);
  });

  it("says which port it is where another program has it, and starts once that is free", async () => {
    await stopCluster(place);
    const other = createServer();
    await new Promise<void>((resolve) => other.listen({ port, host: HOST }, resolve));
    await expect(startCluster(place)).rejects.toThrow(
      `found another program listening on its port, ${port}. End that program; or remove ".v7/stacks/crashed/port"`,
    );
    await new Promise((resolve) => other.close(resolve));
    expect(await startCluster(place)).toBe(port);
  });

  it("gets another port where its own was given up, also while it runs", async () => {
    writeFileSync(place.portFile, "");
    rmSync(place.portFile);
    const other = createServer();
    await stopCluster(place);
    await new Promise<void>((resolve) => other.listen({ port, host: HOST }, resolve));
    const moved = await startCluster(place);
    expect(moved).not.toBe(port);
    await new Promise((resolve) => other.close(resolve));
    rmSync(place.portFile);
    const again = Number(await startCluster(place));
    expect(await ask({ port: again, password }, "SELECT 1 AS one")).toEqual([{ one: 1 }]);
  });

  it("is among the clusters that are listed and stopped together", async () => {
    await startCluster(place);
    const listed = await listClusters(checkout.folder);
    expect(listed.map(({ stack, state }) => `${stack} ${state}`)).toEqual([
      "crashed up",
      "lost up",
    ]);
    expect(await stopAll(checkout.folder)).toEqual(["crashed", "lost"]);
    expect(await stopAll(checkout.folder)).toEqual([]);
    expect(existsSync(place.dataAtHome)).toBe(true);
  });
});

/** Begins to make the cluster in a process of its own, and kills that process. */
async function killedCreate(place: Place, delayMilliseconds: number): Promise<void> {
  const script = `
    require("tsx/cjs");
    const embedded = require("./runner/embedded/index.ts");
    console.log("ready");
    embedded.createCluster(embedded.placeOf(process.argv[1], process.argv[2]), 17);`;
  const child = spawn(process.execPath, ["-e", script, place.stack, place.checkout], {
    cwd: join(__dirname, "../../.."),
    stdio: ["ignore", "pipe", "ignore"],
  });
  // From the start: on a fast machine it is done, and gone, before the longest delay is over.
  const ended = new Promise((resolve) => child.once("exit", resolve));
  await new Promise((resolve) => child.stdout.once("data", resolve));
  await new Promise((resolve) => setTimeout(resolve, delayMilliseconds));
  child.kill("SIGKILL");
  await ended;
}

function ownerIds(folder: string): { uid: number; gid: number } {
  const { stdout } = spawnSync("stat", ["-c", "%u %g", folder], { encoding: "utf8" });
  const [uid, gid] = stdout.trim().split(" ").map(Number);
  return { uid: Number(uid), gid: Number(gid) };
}
