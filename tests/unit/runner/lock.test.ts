import { spawnSync } from "node:child_process";
import { lutimesSync, readdirSync, rmSync, symlinkSync, utimesSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { withToldLock } from "../../../engine/lock";
import { isLocked, ownerName, withLock } from "../../../runner/base/lock";
import { identityOf } from "../../../runner/base/processes";
import { folderOfTest } from "../../support/folder";

const folder = folderOfTest();
let file: string;
beforeEach(() => {
  file = join(folder(), "lock");
});

const OWN = ownerName(process.pid);

function secondsAgo(seconds: number): Date {
  return new Date(Date.now() - seconds * 1000);
}

/** Starts ten functions at once under the lock; gives the largest number that ran at the same time. */
async function mostAtOnce(): Promise<number> {
  let working = 0;
  let most = 0;
  const work = async (): Promise<void> => {
    most = Math.max(most, ++working);
    await sleep(2);
    working--;
  };
  await Promise.all(Array.from({ length: 10 }, () => withLock(file, work)));
  return most;
}

describe("a lock", () => {
  it("lets one function run at a time, creates its folder, and is deleted afterwards", async () => {
    file = join(folder(), "below", "lock");
    expect(await mostAtOnce()).toBe(1);
    expect(readdirSync(join(folder(), "below"))).toEqual([]);
  });

  it("returns the function's result, and is deleted if the function fails", async () => {
    expect(await withLock(file, () => Promise.resolve(7))).toBe(7);
    await expect(withLock(file, () => Promise.reject(new Error("no")))).rejects.toThrow("no");
    expect(readdirSync(folder())).toEqual([]);
  });

  it.each([
    ["has ended", OWN.replace(/^\d+/, String(spawnSync(process.execPath, ["-e", "0"]).pid))],
    ["has ended, and whose pid another process has", OWN.replace(/\w+$/, "another")],
  ])("of a process that %s is taken over by one process at a time", async (_what, owner) => {
    symlinkSync(owner, file);
    expect(isLocked(file)).toBe(false);
    expect(await mostAtOnce()).toBe(1);
    expect(readdirSync(folder())).toEqual([]);
  });

  it("is taken over even if another process died while it took over", async () => {
    const owner = OWN.replace(/\w+$/, "another");
    const claim = `${file}.${owner.replaceAll(" ", "-")}`;
    symlinkSync(owner, file);
    symlinkSync(owner, claim);
    lutimesSync(claim, secondsAgo(11), secondsAgo(11));
    expect(await withLock(file, () => Promise.resolve("done"))).toBe("done");
    expect(readdirSync(folder())).toEqual([]);
  });

  it.each([
    ["of a living process", OWN, 3600],
    ["of another host, and was touched lately", "1 another 1", 59],
  ])("blocks others if it is %s", async (_what, owner, age) => {
    symlinkSync(owner, file);
    lutimesSync(file, secondsAgo(age), secondsAgo(age));
    expect(isLocked(file)).toBe(true);
    let isDone = false;
    const waiting = withLock(file, () => Promise.resolve((isDone = true)));
    await sleep(150);
    expect(isDone).toBe(false);
    rmSync(file);
    await waiting;
    expect(isDone).toBe(true);
  });

  it("of another host, or of an earlier version, is taken over once it is old", async () => {
    symlinkSync("1 another 1", file);
    lutimesSync(file, secondsAgo(61), secondsAgo(61));
    expect(await withLock(file, () => Promise.resolve("done"))).toBe("done");
    writeFileSync(file, "");
    utimesSync(file, secondsAgo(61), secondsAgo(61));
    expect(await withLock(file, () => Promise.resolve("done"))).toBe("done");
  });

  it("names its owner in fewer than 60 characters, for which a full disk has room", () => {
    expect(OWN.length).toBeLessThan(60);
  });
});

describe("a lock of the engine", () => {
  it("names once the process for which it waits", async () => {
    const told: string[] = [];
    const write = jest.spyOn(process.stderr, "write").mockImplementation((text) => {
      told.push(String(text));
      return true;
    });
    symlinkSync(OWN, file);
    const waiting = withToldLock(file, "testing", () => Promise.resolve());
    await sleep(150);
    rmSync(file);
    await waiting;
    write.mockRestore();
    expect(told).toEqual([`v7: another v7 is testing (pid ${process.pid}), waiting\n`]);
  });
});

describe("the identity of a process", () => {
  it("is the same for the same process, and empty after its end", () => {
    expect(identityOf(process.pid)).toMatch(/\S/);
    expect(identityOf(process.pid)).toBe(identityOf(process.pid));
    expect(identityOf(spawnSync(process.execPath, ["-e", "0"]).pid)).toBe("");
  });
});
