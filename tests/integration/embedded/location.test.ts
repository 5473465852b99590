import { execFileSync } from "node:child_process";
import {
  cpSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { dirname, join } from "node:path";
import {
  type ClusterAccess,
  clusterStatus,
  createCluster,
  destroyCluster,
  type Place,
  placeOf,
  startCluster,
  stopCluster,
} from "../../../runner/embedded";
import { ask, checkoutOfTests, count, killServer, makeCheckout, processList } from "./checkout";

jest.setTimeout(120_000);

/** As root the server runs under an account that cannot enter this checkout; as a plain user it runs as that user. */
const AWAY = process.getuid?.() === 0;

interface MarkerText {
  id: string;
  away?: string;
}

function markerOf(place: Place): MarkerText {
  return JSON.parse(readFileSync(place.markerFile, "utf8")) as MarkerText;
}

function setAway(place: Place, away: string | undefined): void {
  writeFileSync(place.markerFile, JSON.stringify({ ...markerOf(place), away }));
}

/** On the file system of /var/lib data are moved by renaming, on another one by copying. */
const PLACES = ["/var/tmp", "/dev/shm"].filter((folder) => existsSync(folder));

describe.each(PLACES)("a checkout that the server's account cannot enter, below %s", (below) => {
  const checkout = checkoutOfTests({
    name: "a checkout",
    parentMode: 0o700,
    copies: true,
    below,
  });
  const place = placeOf("dev", checkout);
  let access: ClusterAccess;
  let outside: string;

  const addRow = (): Promise<unknown> => ask(access, "INSERT INTO jobs DEFAULT VALUES");
  const rows = (): Promise<number> => count(access, "jobs");

  beforeAll(async () => {
    access = await createCluster(place, 17);
    outside = join("/var/lib/v7", markerOf(place).id);
    await addRow();
  });

  it("has its server's data and programs outside it while the server runs", async () => {
    const { dataDirectory } = await clusterStatus(place);
    expect(dataDirectory).toBe(AWAY ? join(outside, "data") : place.dataAtHome);
    expect(existsSync(place.dataAtHome)).toBe(!AWAY);
    expect(existsSync(outside)).toBe(AWAY);
    expect(processList()).toContain(`postgres -D ${String(dataDirectory)} --port=${access.port}`);
  });

  it("shares PostgreSQL's files with the folder outside it when both are on one file system", () => {
    const [programs] = (AWAY ? readdirSync(outside) : []).filter((one) => one.startsWith("bin"));
    const program = programs === undefined ? undefined : join(outside, programs, "bin", "postgres");
    const isShared = program !== undefined && statSync(program).nlink > 1;
    expect(isShared).toBe(AWAY && statSync(checkout).dev === statSync("/var/lib").dev);
  });

  it("gets the data back when the server is stopped, and nothing is left outside it", async () => {
    await stopCluster(place);
    expect(existsSync(join(place.dataAtHome, "PG_VERSION"))).toBe(true);
    expect(existsSync(outside)).toBe(false);
    expect(markerOf(place).away).toBeUndefined();
    expect(await startCluster(place)).toBe(access.port);
    expect(await rows()).toBe(1);
  });

  it("uses the data outside it after a crash, and not an older copy inside it", async () => {
    await stopCluster(place);
    const older = join(dirname(checkout), "older");
    execFileSync("cp", ["-a", place.dataAtHome, older]);
    await startCluster(place);
    await addRow();
    const { pid, dataDirectory } = await clusterStatus(place);
    await killServer(Number(pid));
    if (AWAY) {
      execFileSync("cp", ["-a", older, place.dataAtHome]);
    }
    await startCluster(place);
    expect(await rows()).toBe(2);
    expect((await clusterStatus(place)).dataDirectory).toBe(dataDirectory);
    expect(existsSync(place.dataAtHome)).toBe(!AWAY);
    rmSync(older, { recursive: true });
  });

  it("keeps the data when moving them out is interrupted", async () => {
    await stopCluster(place);
    mkdirSync(join(place.home, "data.0a1b2c3d.new"));
    if (AWAY) {
      // All that a killed move can leave: a folder with its marker, half a copy, and a complete copy without its name.
      mkdirSync(join(outside, "data.0a1b2c3d.new"), { recursive: true });
      mkdirSync(join(outside, "data"));
      cpSync(place.markerFile, join(outside, "cluster.json"));
    }
    await startCluster(place);
    expect(await rows()).toBe(2);
  });

  it("keeps the data when moving them back is interrupted", async () => {
    await stopCluster(place);
    await startCluster(place);
    await addRow();
    const { pid } = await clusterStatus(place);
    await killServer(Number(pid));
    mkdirSync(AWAY ? place.dataAtHome : join(place.home, "data.0a1b2c3d.new"), { recursive: true });
    await stopCluster(place);
    expect(existsSync(join(place.dataAtHome, "PG_VERSION"))).toBe(true);
    await startCluster(place);
    expect(await rows()).toBe(3);
  });

  it("finds the data that were moved before the marker was written", async () => {
    await stopCluster(place);
    if (AWAY) {
      mkdirSync(outside, { recursive: true });
      cpSync(place.markerFile, join(outside, "cluster.json"));
      execFileSync("mv", [place.dataAtHome, join(outside, "data")]);
    }
    await startCluster(place);
    expect(await rows()).toBe(3);
    await stopCluster(place);
    if (AWAY) {
      setAway(place, outside);
    }
    await startCluster(place);
    expect(await rows()).toBe(3);
  });

  it("removes what an interrupted removal left outside it", async () => {
    await stopCluster(place);
    if (AWAY) {
      mkdirSync(join(outside, "binaries-17"), { recursive: true });
      cpSync(place.markerFile, join(outside, "cluster.json"));
    }
    await stopCluster(place);
    expect(existsSync(outside)).toBe(false);
    await startCluster(place);
    expect(await rows()).toBe(3);
  });

  it("refuses to create new data when its data are missing", async () => {
    await stopCluster(place);
    const hidden = join(dirname(checkout), "hidden");
    execFileSync("mv", [place.dataAtHome, hidden]);
    await expect(startCluster(place)).rejects.toThrow(
      /EMBEDDED_FAILED: looking for the data of stack "dev"/,
    );
    setAway(place, outside);
    await expect(startCluster(place)).rejects.toThrow(
      /EMBEDDED_FAILED: looking for the data of stack "dev"/,
    );
    setAway(place, undefined);
    execFileSync("mv", [hidden, place.dataAtHome]);
    await startCluster(place);
    expect(await rows()).toBe(3);
  });

  it("refuses to remove a folder outside it that lacks the cluster's marker", async () => {
    const foreign = join(dirname(checkout), "foreign");
    mkdirSync(foreign);
    writeFileSync(join(foreign, "precious"), "");
    await stopCluster(place);
    setAway(place, foreign);
    await expect(destroyCluster(place)).rejects.toThrow(
      AWAY ? "without this cluster's marker" : "Run this as root",
    );
    expect(existsSync(join(foreign, "precious"))).toBe(true);
    setAway(place, undefined);
    await startCluster(place);
  });

  it("has nothing outside it after the cluster is destroyed", async () => {
    await destroyCluster(place);
    expect(existsSync(outside)).toBe(false);
    expect(existsSync(place.home)).toBe(false);
    expect(processList()).not.toContain(outside);
    expect(processList()).not.toContain(checkout);
  });
});

it("a cluster in a folder that initdb cannot use is refused with the folder's name, and leaves no data", async () => {
  const own = makeCheckout({ name: "a $checkout", copies: true });
  try {
    const place = placeOf("dev", own.folder);
    await expect(createCluster(place, 17)).rejects.toThrow(
      /^EMBEDDED_FAILED: .*found the folder ".*a \$checkout.*Move the checkout/,
    );
    expect(existsSync(place.dataAtHome)).toBe(false);
  } finally {
    await own.remove();
  }
});
