import {
  existsSync,
  mkdtempSync,
  readdirSync,
  rmSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { isLocked, withLock } from "../../../runner/embedded/folder/lock";
import { identityOf } from "../../../runner/embedded/system/processes";

describe("a lock", () => {
  let folder: string;
  let file: string;

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), "v7-lock-"));
    file = join(folder, "below", "lock");
  });

  afterEach(() => {
    rmSync(folder, { recursive: true });
  });

  it("lets one at a time work, and is gone afterwards", async () => {
    let working = 0;
    let most = 0;
    const work = async (): Promise<void> => {
      most = Math.max(most, ++working);
      await sleep(5);
      working--;
    };
    await Promise.all(Array.from({ length: 10 }, () => withLock(file, work)));
    expect(most).toBe(1);
    expect(existsSync(file)).toBe(false);
  });

  it("is gone after work that failed", async () => {
    await expect(withLock(file, () => Promise.reject(new Error("no")))).rejects.toThrow("no");
    expect(existsSync(file)).toBe(false);
  });

  it.each([
    ["is no more", "2147480000 x"],
    ["had the number that another has now", `${process.pid} another boot 123`],
  ])("of a process that %s is taken over by one of many", async (_name, holder) => {
    writeFileSync(join(folder, "lock"), holder);
    let working = 0;
    let most = 0;
    const work = async (): Promise<void> => {
      most = Math.max(most, ++working);
      await sleep(2);
      working--;
    };
    await Promise.all(Array.from({ length: 10 }, () => withLock(join(folder, "lock"), work)));
    expect(most).toBe(1);
    expect(readdirSync(folder)).toEqual([]);
  });

  it("that was made and never written is taken over once it is old: its process was killed in that moment", async () => {
    const empty = join(folder, "lock");
    writeFileSync(empty, "");
    const past = new Date(Date.now() - 11_000);
    utimesSync(empty, past, past);
    expect(await withLock(empty, () => Promise.resolve("done"))).toBe("done");
    expect(readdirSync(folder)).toEqual([]);
  });

  it("that was made on a full disk, as a symbolic link, counts as any other", async () => {
    const lock = join(folder, "lock");
    symlinkSync("2147480000 the lock of a process that is no more", lock);
    expect(isLocked(lock)).toBe(false);
    expect(await withLock(lock, () => Promise.resolve("done"))).toBe("done");
    symlinkSync(`${process.pid} ${identityOf(process.pid)}`, lock);
    expect(isLocked(lock)).toBe(true);
    rmSync(lock);
    expect(readdirSync(folder)).toEqual([]);
  });

  it("of a living process is waited for", async () => {
    const held = join(folder, "lock");
    writeFileSync(held, `${process.pid} ${identityOf(process.pid)}`);
    let isDone = false;
    const waiting = withLock(held, () => Promise.resolve((isDone = true)));
    await sleep(150);
    expect(isDone).toBe(false);
    rmSync(held);
    await waiting;
    expect(isDone).toBe(true);
  });
});
