import { execFileSync } from "node:child_process";
import {
  linkSync,
  mkdirSync,
  readFileSync,
  rmSync,
  statSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { hostname } from "node:os";
import { dirname } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { say } from "./progress";

/** Who holds a lock. A pid alone is not enough: the system gives it to another process later. */
interface Owner {
  readonly pid: number;
  readonly started: string;
  readonly host: string;
}

const POLL_MILLISECONDS = 200;
/** An owner touches its lock this often; one on another host counts as gone after six times that. */
const TOUCH_MILLISECONDS = 10_000;

/**
 * Does the work while no other process does work under the same lock; waits for one that does.
 *
 * A lock whose owner is gone (killed, or the machine restarted) is taken over.
 *
 * @param file the lock's file; its folder is made where it is missing
 * @param doing what others do meanwhile, for the message to those who wait: `building the engine`
 */
export async function withLock<T>(file: string, doing: string, work: () => Promise<T>): Promise<T> {
  mkdirSync(dirname(file), { recursive: true });
  const content = JSON.stringify(thisProcess());
  let told = false;
  while (!tryAcquire(file, content)) {
    const owner = readOwner(file);
    if (owner !== undefined && isAlive(owner, file)) {
      if (!told) {
        say(`another v7 is ${doing} (pid ${owner.pid}), waiting`);
        told = true;
      }
      await sleep(POLL_MILLISECONDS);
    } else if (!removeStale(file)) {
      await sleep(POLL_MILLISECONDS);
    }
  }
  const touch = setInterval(() => {
    touchFile(file);
  }, TOUCH_MILLISECONDS);
  touch.unref();
  try {
    return await work();
  } finally {
    clearInterval(touch);
    rmSync(file, { force: true });
  }
}

/** A link appears whole or not at all, and only where there is none: no reader ever sees a half-written lock. */
function tryAcquire(file: string, content: string): boolean {
  const temporary = `${file}.${process.pid}.${Math.random().toString(36).slice(2)}`;
  writeFileSync(temporary, content);
  try {
    linkSync(temporary, file);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "EEXIST") {
      return false;
    }
    throw error;
  } finally {
    rmSync(temporary, { force: true });
  }
}

/**
 * Removes a lock whose owner is gone. Of several that find it so at once, one removes it: the guard keeps a second one
 * from removing the lock that the first has taken since. The guard lives for microseconds; one that is older than a
 * touch was left by a process that died in them.
 *
 * @returns whether this process removed anything
 */
function removeStale(file: string): boolean {
  const guard = `${file}.guard`;
  if (tryAcquire(guard, "")) {
    try {
      const owner = readOwner(file);
      if (owner === undefined || !isAlive(owner, file)) {
        rmSync(file, { force: true });
      }
      return true;
    } finally {
      rmSync(guard, { force: true });
    }
  }
  const isLeft = ageMilliseconds(guard) > TOUCH_MILLISECONDS;
  if (isLeft) {
    rmSync(guard, { force: true });
  }
  return isLeft;
}

function readOwner(file: string): Owner | undefined {
  try {
    return JSON.parse(readFileSync(file, "utf8")) as Owner;
  } catch {
    return undefined;
  }
}

function isAlive(owner: Owner, file: string): boolean {
  if (owner.host !== hostname()) {
    return ageMilliseconds(file) < 6 * TOUCH_MILLISECONDS;
  }
  return startTime(owner.pid) === owner.started;
}

function thisProcess(): Owner {
  return { pid: process.pid, started: startTime(process.pid) ?? "", host: hostname() };
}

/** When a process started, in whatever words the system has for it; undefined where there is no such process. */
export function startTime(pid: number): string | undefined {
  try {
    if (process.platform === "linux") {
      // proc(5): the name, field 2, is in brackets and may hold anything; starttime is field 22.
      const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
      return stat.slice(stat.lastIndexOf(")") + 2).split(" ")[19];
    }
    return execFileSync("ps", ["-o", "lstart=", "-p", String(pid)], { encoding: "utf8" }).trim();
  } catch {
    return undefined;
  }
}

function ageMilliseconds(file: string): number {
  try {
    return Date.now() - statSync(file).mtimeMs;
  } catch {
    return 0;
  }
}

function touchFile(file: string): void {
  try {
    utimesSync(file, new Date(), new Date());
  } catch {
    // The lock was removed under us; the work goes on, its results are renamed into place whole.
  }
}
