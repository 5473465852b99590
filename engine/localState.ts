import { copyFileSync, existsSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { hostname } from "node:os";
import { basename, join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { fault } from "../runner/base/fault";
import { ps } from "../runner/base/processes";
import { readJson } from "../runner/base/readJson";
import { ownBackend } from "./environment";
import { places, PROJECT, type Environment } from "./paths";
import { say } from "./progress";
import { logFile } from "./quietPulumi";

/** How long to wait for another run on the stack; most take seconds. */
const BUSY_TIMEOUT_MILLISECONDS = 120_000;
const POLL_MILLISECONDS = 200;

/** A process that works on a stack. */
interface Holder {
  readonly pid: number;
  readonly hostname: string;
  /** Its lock file in the state; absent for a command without lock, such as `stack init`. */
  readonly lock?: string;
}

/** The fields of a resource in the state file that are read here. */
export interface LocalResource {
  readonly type: string;
  readonly id?: string;
}

/** Whether the state is this checkout's own: then its files can be read without running `pulumi`. */
export function isLocalState(environment: Environment): boolean {
  return environment["PULUMI_BACKEND_URL"] === ownBackend();
}

/** Whether the checkout's state has the stack. */
export function hasLocalStack(stack: string): boolean {
  return existsSync(stateFile(stack));
}

/** The stack's resources in the checkout's state. */
export function localResources(stack: string): readonly LocalResource[] {
  return readState(stateFile(stack))?.checkpoint.latest?.resources ?? [];
}

/**
 * Waits until no run works on the stack, and repairs what a killed run left: removes its lock, which Pulumi would keep until
 * `pulumi cancel`, and replaces a truncated state file by the last complete one; without one, the stack is removed.
 *
 * @returns whether there was such a killed run
 * @throws BRANCH_BUSY
 */
export async function recoverLocalStack(stack: string): Promise<boolean> {
  await awaitHolders(stack);
  const locks = readLocks(stack);
  locks.forEach(({ lock = "" }) => {
    rmSync(lock, { force: true });
  });
  return mendState(stack) || locks.length > 0;
}

/** Removes the files that remain of a removed stack: history, backups, tags, locks, logs. */
export function removeLocalRemains(stack: string): void {
  for (const folder of ["history", "backups"]) {
    rmSync(join(stateFolder(), folder, PROJECT, stack), { recursive: true, force: true });
  }
  rmSync(locksFolder(stack), { recursive: true, force: true });
  // `<stack>.json`, `<stack>.json.bak`, `<stack>.pulumi-tags`, each with its `.attrs`.
  removeWhere(stacksFolder(), (file) => /^\.(json|pulumi-tags)/.test(after(file, stack)));
  removeLogs(stack);
}

/** Removes the logs that this checkout has of a stack, wherever the stack's state is. */
export function removeLogs(stack: string): void {
  rmSync(logFile(stack), { force: true });
  // `organization+v7+<stack>-20261126T011358.log`
  const log = `organization+${PROJECT}+${stack}`;
  removeWhere(join(places().pulumiHome, "logs"), (file) =>
    /^-\d{8}T\d{6}\.log$/.test(after(file, log)),
  );
}

async function awaitHolders(stack: string): Promise<void> {
  const deadline = Date.now() + BUSY_TIMEOUT_MILLISECONDS;
  for (let hasTold = false; ; hasTold = true) {
    const holder = [...readLocks(stack).filter(isHeld), ...commandsOn(stack)][0];
    if (holder === undefined) {
      return;
    }
    const name = `process ${holder.pid} on ${holder.hostname}`;
    if (!hasTold) {
      say(`another Pulumi process is using stack ${stack} (${name}); waiting`);
    }
    if (Date.now() > deadline) {
      throw fault("BRANCH_BUSY", {
        what: `waiting for stack "${stack}"`,
        found: `${name} holding it for ${BUSY_TIMEOUT_MILLISECONDS / 1000} s`,
        remedy: `Wait for it, or end it; where it is gone, run pulumi cancel --stack ${stack}`,
      });
    }
    await sleep(POLL_MILLISECONDS);
  }
}

/** Replaces a truncated state file, as a run leaves it that is killed while the file backend writes in place. */
function mendState(stack: string): boolean {
  const file = stateFile(stack);
  if (!existsSync(file) || readState(file) !== undefined) {
    return false;
  }
  const whole = [`${file}.bak`, ...checkpoints(stack)].find((one) => readState(one) !== undefined);
  if (whole === undefined) {
    removeWhere(stacksFolder(), (name) => after(name, stack).startsWith(".json"));
  } else {
    say(`the state of stack ${stack} was cut short: using the last complete one`);
    copyFileSync(whole, file);
    copyFileSync(`${whole}.attrs`, `${file}.attrs`);
  }
  return true;
}

interface State {
  readonly checkpoint: { readonly latest?: { readonly resources?: readonly LocalResource[] } };
}

/** The state in the file; undefined where the file is missing or incomplete. */
function readState(file: string): State | undefined {
  const { checkpoint } = (readJson(file) ?? {}) as Partial<State>;
  return checkpoint && { checkpoint };
}

/** The history's checkpoints, newest first: their names contain the time. */
function checkpoints(stack: string): string[] {
  const folder = join(stateFolder(), "history", PROJECT, stack);
  return namesIn(folder)
    .filter((name) => name.endsWith(".checkpoint.json"))
    .sort()
    .reverse()
    .map((name) => join(folder, name));
}

function readLocks(stack: string): Holder[] {
  const folder = locksFolder(stack);
  return namesIn(folder)
    .filter((name) => name.endsWith(".json"))
    .map((name) => readLock(join(folder, name)));
}

/** Reads a lock; one that cannot be read (truncated by a crash, or just removed) gets the pid 0: nobody holds it. */
function readLock(lock: string): Holder {
  const read = (readJson(lock) ?? {}) as Partial<Holder>;
  return { lock, pid: read.pid ?? 0, hostname: read.hostname ?? hostname() };
}

/** Whether the lock's process lives. One of another machine is assumed to; one of this machine must be a `pulumi`, since pids are reused. */
function isHeld({ pid, hostname: host }: Holder): boolean {
  return pid > 0 && (host !== hostname() || isPulumi(argumentsOf(pid)));
}

/** Running `pulumi` commands that take no lock, such as `pulumi stack init STACK`: they outlive a killed parent for a moment. */
function commandsOn(stack: string): Holder[] {
  const ofThisState = `PULUMI_BACKEND_URL=${ownBackend()}`;
  return namesIn("/proc")
    .filter((name) => /^\d+$/.test(name))
    .filter((pid) => {
      const args = argumentsOf(Number(pid));
      return isPulumi(args) && args.includes(stack) && environmentOf(pid).includes(ofThisState);
    })
    .map((pid) => ({ pid: Number(pid), hostname: hostname() }));
}

function isPulumi([program = ""]: readonly string[]): boolean {
  return basename(program) === "pulumi";
}

function argumentsOf(pid: number): string[] {
  try {
    return process.platform === "linux"
      ? readFileSync(`/proc/${pid}/cmdline`, "utf8").split("\0")
      : [ps(pid, "comm=")];
  } catch {
    return [];
  }
}

/** The process's variables; empty for another user's process. */
function environmentOf(pid: string): string[] {
  try {
    return readFileSync(`/proc/${pid}/environ`, "utf8").split("\0");
  } catch {
    return [];
  }
}

function removeWhere(folder: string, isRemoved: (name: string) => boolean): void {
  for (const name of namesIn(folder).filter(isRemoved)) {
    rmSync(join(folder, name), { force: true });
  }
}

function namesIn(folder: string): string[] {
  return existsSync(folder) ? readdirSync(folder) : [];
}

/** The name without the prefix; empty where it has another beginning. */
function after(name: string, prefix: string): string {
  return name.startsWith(prefix) ? name.slice(prefix.length) : "";
}

function stateFolder(): string {
  return join(places().state, ".pulumi");
}

function stacksFolder(): string {
  return join(stateFolder(), "stacks", PROJECT);
}

function stateFile(stack: string): string {
  return join(stacksFolder(), `${stack}.json`);
}

function locksFolder(stack: string): string {
  return join(stateFolder(), "locks", "organization", PROJECT, stack);
}
