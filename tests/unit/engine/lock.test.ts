import { spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, readdirSync, rmSync, utimesSync, writeFileSync } from "node:fs";
import { hostname, tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { startTime, withLock } from "../../../engine/lock";

let folder: string;
let file: string;
let told: string[];

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "v7-lock-"));
  file = join(folder, "some.lock");
  told = [];
  jest.spyOn(process.stderr, "write").mockImplementation((text) => {
    told.push(String(text));
    return true;
  });
});

afterEach(() => {
  jest.restoreAllMocks();
  rmSync(folder, { recursive: true, force: true });
});

/** A pid that belonged to a process which has ended. */
function endedPid(): number {
  return spawnSync(process.execPath, ["-e", "0"]).pid;
}

function writeOwner(owner: { pid: number; started: string; host: string }): void {
  writeFileSync(file, JSON.stringify(owner));
}

/** Runs that many at once under the lock; the most that were at work at the same time. */
async function mostAtOnce(count: number): Promise<number> {
  let working = 0;
  let most = 0;
  const work = async (): Promise<void> => {
    most = Math.max(most, ++working);
    await sleep(5);
    working--;
  };
  await Promise.all(Array.from({ length: count }, () => withLock(file, "testing", work)));
  return most;
}

describe("withLock", () => {
  it("lets one work at a time, and leaves no file", async () => {
    expect(await mostAtOnce(5)).toBe(1);
    expect(readdirSync(folder)).toEqual([]);
  });

  it("returns what the work returns, and releases when the work fails", async () => {
    expect(await withLock(file, "testing", () => Promise.resolve(7))).toBe(7);
    await expect(withLock(file, "testing", () => Promise.reject(new Error("no")))).rejects.toThrow(
      "no",
    );
    expect(existsSync(file)).toBe(false);
  });

  it("says once who is waited for", async () => {
    await mostAtOnce(2);
    expect(told).toEqual([`v7: another v7 is testing (pid ${process.pid}), waiting\n`]);
  });

  it("takes over the lock of a process that is gone", async () => {
    writeOwner({ pid: endedPid(), started: "1", host: hostname() });
    expect(await mostAtOnce(5)).toBe(1);
  });

  it("takes over the lock of a process whose pid another one has now", async () => {
    writeOwner({ pid: process.pid, started: "another time", host: hostname() });
    expect(await withLock(file, "testing", () => Promise.resolve(7))).toBe(7);
    expect(told).toEqual([]);
  });

  it("takes over a lock that holds nothing", async () => {
    writeFileSync(file, "");
    expect(await withLock(file, "testing", () => Promise.resolve(7))).toBe(7);
  });

  it("takes over the lock of another host when its owner has not touched it for a minute", async () => {
    writeOwner({ pid: 1, started: "1", host: "another" });
    const longAgo = new Date(Date.now() - 61_000);
    utimesSync(file, longAgo, longAgo);
    expect(await withLock(file, "testing", () => Promise.resolve(7))).toBe(7);
  });

  it("waits for the owner on another host while that touches its lock", async () => {
    writeOwner({ pid: 1, started: "1", host: "another" });
    let isDone = false;
    const waiting = withLock(file, "testing", () => {
      isDone = true;
      return Promise.resolve();
    });
    await sleep(300);
    expect(isDone).toBe(false);
    rmSync(file);
    await waiting;
    expect(isDone).toBe(true);
  });

  it("gets past the guard of a process that died while it took over", async () => {
    writeOwner({ pid: endedPid(), started: "1", host: hostname() });
    writeFileSync(`${file}.guard`, "");
    const longAgo = new Date(Date.now() - 11_000);
    utimesSync(`${file}.guard`, longAgo, longAgo);
    expect(await withLock(file, "testing", () => Promise.resolve(7))).toBe(7);
  });
});

describe("startTime", () => {
  it("is the same for the same process, and none for one that is gone", () => {
    expect(startTime(process.pid)).toMatch(/\S/);
    expect(startTime(process.pid)).toBe(startTime(process.pid));
    expect(startTime(endedPid())).toBeUndefined();
  });
});
