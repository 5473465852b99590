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

/** Runs ten at once under the lock; the most that were at work at the same time. */
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
  it("lets one at a time work, and is gone afterwards, in a folder that was not there", async () => {
    file = join(folder(), "below", "lock");
    expect(await mostAtOnce()).toBe(1);
    expect(readdirSync(join(folder(), "below"))).toEqual([]);
  });

  it("gives what the work gives, and is gone after work that failed", async () => {
    expect(await withLock(file, () => Promise.resolve(7))).toBe(7);
    await expect(withLock(file, () => Promise.reject(new Error("no")))).rejects.toThrow("no");
    expect(readdirSync(folder())).toEqual([]);
  });

  it.each([
    ["is no more", OWN.replace(/^\d+/, String(spawnSync(process.execPath, ["-e", "0"]).pid))],
    ["had the number that another has now", OWN.replace(/\w+$/, "another")],
  ])("of a process that %s is taken over by one of many", async (_what, owner) => {
    symlinkSync(owner, file);
    expect(isLocked(file)).toBe(false);
    expect(await mostAtOnce()).toBe(1);
    expect(readdirSync(folder())).toEqual([]);
  });

  it("is taken over past the claim of a process that died while it took over", async () => {
    const owner = OWN.replace(/\w+$/, "another");
    const claim = `${file}.${owner.replaceAll(" ", "-")}`;
    symlinkSync(owner, file);
    symlinkSync(owner, claim);
    lutimesSync(claim, secondsAgo(11), secondsAgo(11));
    expect(await withLock(file, () => Promise.resolve("done"))).toBe("done");
    expect(readdirSync(folder())).toEqual([]);
  });

  it.each([
    ["a living process's", OWN, 3600],
    ["another host's, which has touched it", "1 another 1", 59],
  ])("that is %s is waited for", async (_what, owner, age) => {
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

  it("of another host, or a file as earlier versions made it, is taken over once it is old", async () => {
    symlinkSync("1 another 1", file);
    lutimesSync(file, secondsAgo(61), secondsAgo(61));
    expect(await withLock(file, () => Promise.resolve("done"))).toBe("done");
    writeFileSync(file, "");
    utimesSync(file, secondsAgo(61), secondsAgo(61));
    expect(await withLock(file, () => Promise.resolve("done"))).toBe("done");
  });

  it("names its owner in what fits where a full disk still has room", () => {
    expect(OWN.length).toBeLessThan(60);
  });
});

describe("a lock of the engine's", () => {
  it("says once who is waited for", async () => {
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

describe("a process's identity", () => {
  it("is the same for the same process, and none for one that is gone", () => {
    expect(identityOf(process.pid)).toMatch(/\S/);
    expect(identityOf(process.pid)).toBe(identityOf(process.pid));
    expect(identityOf(spawnSync(process.execPath, ["-e", "0"]).pid)).toBe("");
  });
});
