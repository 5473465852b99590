import { spawn } from "node:child_process";
import {
  closeSync,
  existsSync,
  openSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { basename } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { fault, messageOf } from "../../base/fault";
import { identityOf } from "../../base/processes";
import { newNameFor } from "../../base/replaceFile";
import { removeLeftovers } from "../folder/leftovers";
import { type Account, asAccount, chownIfRoot, ownerOf } from "../system/account";
import { isReady, isServerOf, pidInFile, postmasterOf } from "../system/processes";
import { lastLines, PROGRAM_ENVIRONMENT } from "../system/program";
import { type Binaries, programPath } from "./binaries";
import { lightSettings, pidFile, serverArguments, serverSettings } from "./initdb";

export interface ServerStart {
  readonly binaries: Binaries;
  readonly dataDirectory: string;
  readonly logFile: string;
  readonly port: number;
}

/** Long enough for recovery after a crash; a server that ends by itself is noticed at once. */
const START_TIMEOUT_MILLISECONDS = 300_000;
const STOP_TIMEOUT_MILLISECONDS = 120_000;
/** Sessions of a killed server finish their statements; until then PostgreSQL does not start another server on the data. */
const LEFTOVER_TIMEOUT_MILLISECONDS = 120_000;
const LOG_LIMIT_BYTES = 10_000_000;
const ENDED = "a server that ended by itself";

/** Another program listens on the port. */
export class PortTaken extends Error {}

/**
 * Starts the server as a process that outlives ours, and returns when it accepts logins. A crashed server's postmaster.pid
 * does not prevent the start, even if another process has its number now. Where the server runs already, only waits for it.
 *
 * @throws PortTaken
 * @throws EMBEDDED_FAILED with the end of its log
 */
export async function startServer(start: ServerStart): Promise<void> {
  const { dataDirectory, logFile } = start;
  const deadline = Date.now() + LEFTOVER_TIMEOUT_MILLISECONDS;
  while (postmasterOf(dataDirectory) === undefined) {
    const logged = logSize(logFile);
    if (await spawnUntilReady(start)) {
      return;
    }
    const log = textOf(logFile).slice(logged);
    if (log.includes("could not bind")) {
      throw new PortTaken();
    }
    if (!/shared memory block|lock file .* already exists/.test(log)) {
      throw notReady(logFile, ENDED, log);
    }
    if (Date.now() > deadline) {
      throw notReady(logFile, "processes of an earlier server, still at work after 120 s");
    }
    await sleep(200);
  }
  await waitUntilReady(dataDirectory, logFile);
}

/**
 * Stops the server by PostgreSQL's fast shutdown: open transactions are rolled back, everything else is on disk. Never
 * signals another process. Does nothing where the server does not run.
 *
 * @throws EMBEDDED_FAILED where this user may not stop it, or it does not end in 120 s
 */
export async function stopServer(dataDirectory: string): Promise<void> {
  const pid = postmasterOf(dataDirectory);
  if (pid === undefined) {
    return;
  }
  const what = `stopping the server of "${dataDirectory}"`;
  const identity = identityOf(pid);
  try {
    process.kill(pid, "SIGINT");
  } catch (cause) {
    const remedy = "Run this as the user who started it, or as root";
    throw fault("EMBEDDED_FAILED", { what, found: messageOf(cause), remedy, cause });
  }
  const deadline = Date.now() + STOP_TIMEOUT_MILLISECONDS;
  while (isServerOf(pid, dataDirectory) && identityOf(pid) === identity) {
    if (Date.now() > deadline) {
      const found = `process ${pid} still there after 120 s`;
      throw fault("EMBEDDED_FAILED", { what, found, remedy: "Wait for it, or see its log" });
    }
    await sleep(20);
  }
}

/** Starts the process; returns true once it accepts logins, false where it ended before. */
async function spawnUntilReady(start: ServerStart): Promise<boolean> {
  const { binaries, dataDirectory, logFile, port } = start;
  const account = ownerOf(dataDirectory);
  disownPidFile(dataDirectory, account);
  // The text of a failed statement may contain a password: the log has only the error.
  const settings = {
    ...serverSettings(port),
    ...lightSettings(binaries.major),
    log_min_error_statement: "panic",
  };
  const log = openSync(logFile, "a", 0o600);
  const child = spawn(programPath(binaries, "postgres"), serverArguments(dataDirectory, settings), {
    ...asAccount(account),
    cwd: dataDirectory,
    env: PROGRAM_ENVIRONMENT,
    detached: true,
    stdio: ["ignore", log, log],
  });
  closeSync(log);
  child.unref();
  const ending: { error?: Error; hasEnded: boolean } = { hasEnded: false };
  child.once("error", (error) => Object.assign(ending, { error, hasEnded: true }));
  child.once("exit", () => Object.assign(ending, { hasEnded: true }));
  const deadline = Date.now() + START_TIMEOUT_MILLISECONDS;
  while (!(pidInFile(dataDirectory) === child.pid && isReady(dataDirectory))) {
    if (ending.hasEnded && ending.error === undefined) {
      return false;
    }
    if (ending.error !== undefined || Date.now() > deadline) {
      throw notReady(logFile, ending.error?.message ?? "no login possible after 300 s");
    }
    await sleep(10);
  }
  return true;
}

async function waitUntilReady(dataDirectory: string, logFile: string): Promise<void> {
  const deadline = Date.now() + START_TIMEOUT_MILLISECONDS;
  while (!isReady(dataDirectory)) {
    if (postmasterOf(dataDirectory) === undefined) {
      throw notReady(logFile, ENDED);
    }
    if (Date.now() > deadline) {
      throw notReady(logFile, "no login possible after 300 s");
    }
    await sleep(20);
  }
}

/**
 * Makes a stale postmaster.pid, whose process is not the server, harmless. The file stays, because PostgreSQL finds by its
 * other lines whether sessions of the dead server still use the data. Its process number becomes ours, which PostgreSQL
 * ignores as its own parent's (CreateLockFile in miscinit.c).
 */
function disownPidFile(dataDirectory: string, account: Account): void {
  const file = pidFile(dataDirectory);
  const pid = pidInFile(dataDirectory);
  if (pid === undefined || isServerOf(Math.abs(pid), dataDirectory)) {
    return;
  }
  removeLeftovers(dataDirectory, basename(file));
  const lines = readFileSync(file, "utf8").split("\n");
  const next = newNameFor(file);
  try {
    const text = [String(process.pid), ...lines.slice(1)].join("\n");
    writeFileSync(next, text, { mode: 0o600, flag: "wx" });
    chownIfRoot(next, account);
    renameSync(next, file);
  } finally {
    rmSync(next, { force: true });
  }
}

/** @param log what the server has logged, where it is known from which line on */
function notReady(logFile: string, found: string, log = textOf(logFile)): Error {
  return fault("EMBEDDED_FAILED", {
    what: "starting PostgreSQL",
    found,
    remedy: `See the end of "${logFile}" below`,
    detail: lastLines(log),
  });
}

function textOf(logFile: string): string {
  return existsSync(logFile) ? readFileSync(logFile, "utf8") : "";
}

function logSize(logFile: string): number {
  return statSync(logFile, { throwIfNoEntry: false })?.size ?? 0;
}

/** Renames a large log of a server that does not run, so that a new one begins. */
export function shortenLog(logFile: string): void {
  if (logSize(logFile) > LOG_LIMIT_BYTES) {
    renameSync(logFile, `${logFile}.1`);
  }
}
