import { spawn, spawnSync } from "node:child_process";
import {
  appendFileSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import {
  clusterStatus,
  createCluster,
  destroyCluster,
  type Place,
  placeOf,
  startCluster,
  stopAll,
  stopCluster,
  SUPERUSER,
} from "../../../runner/embedded";
import { whileTaken } from "../../support/listening";
import {
  ask,
  type Checkout,
  checkoutOfTests,
  commandOf,
  count,
  filesWith,
  killServer,
  login,
  makeCheckout,
  processList,
} from "./checkout";

jest.setTimeout(120_000);

const checkout = checkoutOfTests();

/** Milliseconds after which a process is killed: on a fast machine the last are after its end, on a slow one few are. */
const MOMENTS = [0, 30, 60, 100, 150, 200, 300, 450, 600, 900, 1200, 1600];

/** After each kill come either a creation and a removal, or only a removal. */
describe("a kill at many moments", () => {
  jest.setTimeout(300_000);

  let own: Checkout;
  let place: Place;

  const expectRecovered = async (index: number): Promise<void> => {
    if (index % 2 === 0) {
      expect(await count(await createCluster(place, 17), "file_audit")).toBe(6);
    }
    await destroyCluster(place);
    await expectNothingLeft(own);
  };

  const begin = (): void => {
    own = makeCheckout();
    place = placeOf("interrupted", own.folder);
  };

  beforeEach(begin);

  afterEach(async () => {
    await own.remove();
  });

  it("of the first creation in a checkout leaves a cluster that can be created again or removed", async () => {
    for (const [index, moment] of MOMENTS.entries()) {
      await killed("createCluster", place, moment);
      await expectRecovered(index);
      await own.remove();
      begin();
    }
  });

  it("of a creation by copying leaves a cluster that can be created again or removed", async () => {
    await createCluster(place, 17);
    await destroyCluster(place);
    for (const [index, moment] of MOMENTS.entries()) {
      await killed("createCluster", place, moment);
      await expectRecovered(index);
    }
  });

  it("of a start leaves a cluster that the next start starts with its data and port", async () => {
    const access = await createCluster(place, 17);
    for (const moment of MOMENTS.slice(0, 8)) {
      await stopCluster(place);
      await killed("startCluster", place, moment);
      expect(await startCluster(place)).toBe(access.port);
      expect(await count(access, "file_audit")).toBe(6);
    }
    await destroyCluster(place);
    await expectNothingLeft(own);
  });

  it("of a removal leaves a cluster that can be created again or removed", async () => {
    for (const [index, moment] of MOMENTS.slice(0, 8).entries()) {
      await createCluster(place, 17);
      await killed("destroyCluster", place, moment);
      await expectRecovered(index);
    }
  });
});

/** Only a complete prepared data directory is left: no process of the checkout, no file of a stack, nothing outside. */
async function expectNothingLeft({ folder }: Checkout): Promise<void> {
  // What a killed process had started, such as a `cp`, ends by itself.
  for (let wait = 0; processList().includes(folder) && wait < 100; wait++) {
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  expect(processList()).not.toContain(folder);
  expect(filesWith(join(folder, ".v7", "stacks"), "")).toEqual([]);
  const prepared = join(folder, ".v7", "prepared");
  for (const name of existsSync(prepared) ? readdirSync(prepared) : []) {
    expect(readdirSync(join(prepared, name)).sort()).toEqual(["cluster.json", "data", "listing"]);
  }
  expect(awayOf(folder)).toEqual([]);
}

/** The folders outside the checkout that say that they belong to it. Only root creates any there, and only root may read them. */
function awayOf(folder: string): string[] {
  const parent = "/var/lib/v7";
  const isThere = process.getuid?.() === 0 && existsSync(parent);
  return (isThere ? readdirSync(parent) : []).filter((name) => {
    const file = join(parent, name, "cluster.json");
    return existsSync(file) && readFileSync(file, "utf8").includes(folder);
  });
}

describe("a cluster whose state was lost", () => {
  it("keeps its data and its port, and gets new passwords", async () => {
    const place = placeOf("lost", checkout);
    const before = await createCluster(place, 16);
    await ask(before, "INSERT INTO jobs DEFAULT VALUES");
    const after = await createCluster(place, 16);
    expect(after.port).toBe(before.port);
    expect(await count(after, "jobs")).toBe(1);
    await expect(login(after.port, "postgres", before.password)).rejects.toThrow("password");
    await expect(login(after.port, SUPERUSER, before.superuserPassword)).rejects.toThrow(
      "password",
    );
    const superuser = await login(after.port, SUPERUSER, after.superuserPassword);
    await superuser.end();
  });

  it("is refused as another major, and keeps running", async () => {
    const place = placeOf("lost", checkout);
    await expect(createCluster(place, 17)).rejects.toThrow(
      'EMBEDDED_FAILED: making the embedded PostgreSQL of stack "lost": found data of PostgreSQL 16 in ' +
        '".v7/stacks/lost", expected PostgreSQL 17.',
    );
    expect(await clusterStatus(place)).toMatchObject({ state: "up" });
  });
});

describe("somebody else's folder in the cluster's place", () => {
  it("is refused and not changed", async () => {
    const place = placeOf("foreign", checkout);
    mkdirSync(place.dataAtHome, { recursive: true });
    writeFileSync(join(place.home, "thesis.txt"), "years of work");
    await expect(createCluster(place, 17)).rejects.toThrow("that is not ours");
    expect(readFileSync(join(place.home, "thesis.txt"), "utf8")).toBe("years of work");
    expect(await startCluster(place)).toBeUndefined();
    expect(await stopCluster(place)).toBe(false);
  });

  it("is refused when its cluster.json is another program's", async () => {
    const place = placeOf("other", checkout);
    mkdirSync(place.home, { recursive: true });
    writeFileSync(place.markerFile, '{ "what": "a cluster of another program" }');
    await expect(createCluster(place, 17)).rejects.toThrow("EMBEDDED_FAILED: reading the marker");
    rmSync(place.home, { recursive: true });
  });
});

describe("a crashed server", () => {
  let place: Place;
  let port: number;
  let password: string;

  beforeAll(async () => {
    place = placeOf("crashed", checkout);
    ({ port, password } = await createCluster(place, 17));
    await ask({ port, password }, "INSERT INTO jobs DEFAULT VALUES");
  });

  it("starts even if another process has its process number now, and leaves that process alone", async () => {
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
    expect(await count({ port, password }, "jobs")).toBe(1);
  });

  it("names its port when another program has it, and starts once the port is free", async () => {
    await stopCluster(place);
    await whileTaken(port, () =>
      expect(startCluster(place)).rejects.toThrow(
        `found another program listening on its port, ${port}. Run \`npm start\` or \`pulumi up\``,
      ),
    );
    expect(await startCluster(place)).toBe(port);
  });

  it("gets another port when its port file is gone, even while it runs", async () => {
    rmSync(place.portFile);
    await stopCluster(place);
    await whileTaken(port, async () => {
      expect(await startCluster(place)).not.toBe(port);
    });
    rmSync(place.portFile);
    const again = Number(await startCluster(place));
    expect(await ask({ port: again, password }, "SELECT 1 AS one")).toEqual([{ one: 1 }]);
  });

  it("fails with what its last start logged, and not an earlier start", async () => {
    await stopCluster(place);
    appendFileSync(place.logFile, "FATAL:  could not write: No space left on device\n");
    const settings = join(place.dataAtHome, "postgresql.auto.conf");
    appendFileSync(settings, "work_mem = 'a fault'\n");
    await expect(startCluster(place)).rejects.toThrow(
      /found a server that ended by itself(?![^]*No space)[^]*invalid value for parameter "work_mem"/,
    );
    writeFileSync(settings, "");
    expect(await startCluster(place)).toBe(Number(readFileSync(place.portFile, "utf8")));
  });

  it("is stopped together with the other clusters", async () => {
    await startCluster(place);
    expect(await stopAll(checkout)).toEqual(["crashed", "lost"]);
    expect(await stopAll(checkout)).toEqual([]);
    expect(existsSync(place.dataAtHome)).toBe(true);
  });
});

/** Begins this in a process of its own, and kills that process. */
async function killed(
  what: "createCluster" | "startCluster" | "destroyCluster",
  place: Place,
  delayMilliseconds: number,
): Promise<void> {
  const script = `
    require("./engine/typescript.cjs");
    const embedded = require("./runner/embedded/index.ts");
    console.log("ready");
    const [, what, stack, checkout] = process.argv;
    embedded[what](embedded.placeOf(stack, checkout), ...(what === "createCluster" ? [17] : []));`;
  const child = spawn(process.execPath, ["-e", script, what, place.stack, place.checkout], {
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
