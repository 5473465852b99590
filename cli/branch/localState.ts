import { execFileSync } from "node:child_process";
import { existsSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { hostname } from "node:os";
import { basename, join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { places } from "../../engine/paths";
import { say } from "../../engine/progress";
import { fault } from "../../runner/fault";
import { PROJECT } from "../stack";

/** A run of somebody else's on the same stack takes seconds; one that takes longer is named. */
const BUSY_TIMEOUT_MILLISECONDS = 120_000;
const POLL_MILLISECONDS = 200;

/** What the file backend keeps in a lock. */
interface Lock {
  readonly file: string;
  readonly pid: number;
  readonly hostname: string;
}

/** Whether the state of this checkout has that stack. */
export function hasLocalStack(stack: string): boolean {
  return existsSync(join(stacksFolder(), `${stack}.json`));
}

/**
 * Waits until no run holds the stack, and takes away the lock of one that was killed: Pulumi keeps it until somebody
 * says `pulumi cancel`.
 *
 * @returns whether a run had been killed
 * @throws BRANCH_BUSY
 */
export async function awaitLocalStack(stack: string): Promise<boolean> {
  const deadline = Date.now() + BUSY_TIMEOUT_MILLISECONDS;
  for (let hasTold = false; ; hasTold = true) {
    const locks = readLocks(stack);
    const living = locks.find(isHeld);
    if (living === undefined) {
      locks.forEach(({ file }) => {
        rmSync(file, { force: true });
      });
      return locks.length > 0;
    }
    const holder = `process ${living.pid} on ${living.hostname}`;
    if (!hasTold) {
      say(`another pulumi is at stack ${stack} (${holder}), waiting`);
    }
    if (Date.now() > deadline) {
      throw fault("BRANCH_BUSY", {
        what: `waiting for stack "${stack}"`,
        found: `${holder} holding it for ${BUSY_TIMEOUT_MILLISECONDS / 1000} s`,
        remedy: `Wait for it, or end it; where it is gone, run pulumi cancel --stack ${stack}`,
      });
    }
    await sleep(POLL_MILLISECONDS);
  }
}

/** Removes what the file backend and the engine keep of a stack that is no more: history, backups, tags, locks, logs. */
export function removeRemains(stack: string): void {
  for (const folder of ["history", "backups"]) {
    rmSync(join(stateFolder(), folder, PROJECT, stack), { recursive: true, force: true });
  }
  rmSync(locksFolder(stack), { recursive: true, force: true });
  const files = existsSync(stacksFolder()) ? readdirSync(stacksFolder()) : [];
  // `<stack>.json`, `<stack>.json.bak`, `<stack>.pulumi-tags`, each with its `.attrs`.
  for (const file of files.filter((name) => /^\.(json|pulumi-tags)/.test(after(name, stack)))) {
    rmSync(join(stacksFolder(), file), { force: true });
  }
  const logs = join(places().pulumiHome, "logs");
  // `organization+v7+<stack>-20261126T011358.log`
  for (const file of existsSync(logs) ? readdirSync(logs) : []) {
    if (/^-\d{8}T\d{6}\.log$/.test(after(file, `organization+${PROJECT}+${stack}`))) {
      rmSync(join(logs, file), { force: true });
    }
  }
}

function after(name: string, prefix: string): string {
  return name.startsWith(prefix) ? name.slice(prefix.length) : "";
}

function stateFolder(): string {
  return join(places().state, ".pulumi");
}

function stacksFolder(): string {
  return join(stateFolder(), "stacks", PROJECT);
}

function locksFolder(stack: string): string {
  return join(stateFolder(), "locks", "organization", PROJECT, stack);
}

function readLocks(stack: string): Lock[] {
  const folder = locksFolder(stack);
  const names = existsSync(folder) ? readdirSync(folder) : [];
  return names.filter((name) => name.endsWith(".json")).map((name) => readLock(join(folder, name)));
}

/** One that cannot be read was cut short by a crash, or is gone by now: nobody holds it. */
function readLock(file: string): Lock {
  try {
    const lock = JSON.parse(readFileSync(file, "utf8")) as Partial<Lock>;
    return { file, pid: lock.pid ?? 0, hostname: lock.hostname ?? hostname() };
  } catch {
    return { file, pid: 0, hostname: hostname() };
  }
}

/** Of another machine's process nobody can tell; of this one's it must be a pulumi: the system gives numbers again. */
function isHeld(lock: Lock): boolean {
  return lock.pid > 0 && (lock.hostname !== hostname() || programOf(lock.pid) === "pulumi");
}

function programOf(pid: number): string {
  try {
    const command =
      process.platform === "linux"
        ? (readFileSync(`/proc/${pid}/cmdline`, "utf8").split("\0")[0] ?? "")
        : execFileSync("ps", ["-o", "comm=", "-p", String(pid)], { encoding: "utf8" }).trim();
    return basename(command);
  } catch {
    return "";
  }
}
