import {
  lstatSync,
  mkdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { dirname } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { fault } from "../../base/fault";
import { identityOf, isAlive } from "../system/processes";

const POLL_MILLISECONDS = 50;
const TIMEOUT_MILLISECONDS = 180_000;
/** A claim is held for microseconds; one as old as this is of a process that died in them. */
const CLAIM_TIMEOUT_MILLISECONDS = 10_000;

/**
 * Runs the work while no other process runs work under the same file; waits for one that does. A lock whose process
 * died is taken over.
 *
 * @throws EMBEDDED_FAILED where it is still held after 180 s
 */
export async function withLock<T>(file: string, work: () => Promise<T>): Promise<T> {
  mkdirSync(dirname(file), { recursive: true });
  const deadline = Date.now() + TIMEOUT_MILLISECONDS;
  while (!tryCreate(file)) {
    const holder = lockHolder(file);
    if (holder !== undefined && isDead(holder, file)) {
      takeAway(file, holder);
      continue;
    }
    if (Date.now() > deadline) {
      throw fault("EMBEDDED_FAILED", {
        what: `waiting for the lock "${file}"`,
        found: `the lock held by process ${holder?.split(" ")[0] ?? "?"} for 180 s`,
        remedy: "Wait for that process, or end it",
      });
    }
    await sleep(POLL_MILLISECONDS);
  }
  try {
    return await work();
  } finally {
    rmSync(file, { force: true });
  }
}

/** True while a living process holds it, or may be about to. */
export function isLocked(file: string): boolean {
  const holder = lockHolder(file);
  return holder !== undefined && !isDead(holder, file);
}

/**
 * Removes the lock of a dead process, once. Of all who found it dead only one gets the claim of that name, and only
 * who has the claim may remove that lock; so nobody removes the lock of the process that came after.
 */
function takeAway(file: string, holder: string): void {
  const claim = `${file}.${holder.replaceAll(/[^0-9a-z]+/gi, "-")}`;
  if (!tryCreate(claim)) {
    if (ageOf(claim) > CLAIM_TIMEOUT_MILLISECONDS) {
      rmSync(claim, { force: true });
    }
    return;
  }
  if (lockHolder(file) === holder) {
    rmSync(file, { force: true });
  }
  rmSync(claim, { force: true });
}

function tryCreate(file: string): boolean {
  try {
    create(file, `${process.pid} ${identityOf(process.pid)}`);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "EEXIST") {
      return false;
    }
    throw fault("EMBEDDED_FAILED", {
      what: `making the lock "${file}"`,
      found: (error as Error).message,
      remedy: "Make its folder writable for the user who runs this",
      cause: error,
    });
  }
}

/**
 * On a full disk as a symbolic link with that text, which is kept where its name is and takes no block: what makes room,
 * a removal, needs the lock, too.
 */
function create(file: string, text: string): void {
  try {
    writeFileSync(file, text, { flag: "wx" });
  } catch (error) {
    if (!["ENOSPC", "EDQUOT"].includes((error as NodeJS.ErrnoException).code ?? "")) {
      throw error;
    }
    rmSync(file, { force: true });
    symlinkSync(text, file);
  }
}

/** What its lock says of the process that made it; undefined where there is no lock. */
export function lockHolder(file: string): string | undefined {
  try {
    return lstatSync(file).isSymbolicLink() ? readlinkSync(file) : readFileSync(file, "utf8");
  } catch {
    return undefined;
  }
}

function isDead(holder: string, file: string): boolean {
  if (holder === "") {
    // Made, and not yet written: a moment ago, or by a process that was killed in that moment.
    return ageOf(file) > CLAIM_TIMEOUT_MILLISECONDS;
  }
  const [pid = "", ...identity] = holder.split(" ");
  return !isAlive(Number(pid)) || identityOf(Number(pid)) !== identity.join(" ");
}

/** In milliseconds; 0 for a file that is not there. */
function ageOf(file: string): number {
  return Date.now() - (lstatSync(file, { throwIfNoEntry: false })?.mtimeMs ?? Date.now());
}
