import { readFileSync, readlinkSync, realpathSync } from "node:fs";
import { basename } from "node:path";
import { ps } from "../../base/processes";
import { pidFile } from "../server/initdb";

/**
 * The number of the server that runs on that data directory; undefined where none does. A process that merely has the
 * number in postmaster.pid, after a reboot say, is not it.
 */
export function postmasterOf(dataDirectory: string): number | undefined {
  const pid = pidInFile(dataDirectory);
  return pid !== undefined && pid > 0 && isServerOf(pid, dataDirectory) ? pid : undefined;
}

/** The first line of postmaster.pid; negative while PostgreSQL's single-user mode has the data. */
export function pidInFile(dataDirectory: string): number | undefined {
  const pid = Number.parseInt(pidFileLines(dataDirectory)[0] ?? "", 10);
  return Number.isInteger(pid) && pid !== 0 ? pid : undefined;
}

/** The port that the running server was started with: line 4. */
export function portInFile(dataDirectory: string): number | undefined {
  const port = Number.parseInt(pidFileLines(dataDirectory)[3] ?? "", 10);
  return Number.isInteger(port) ? port : undefined;
}

/** True once that server accepts logins: line 8, `PM_STATUS_READY` in PostgreSQL's pidfile.h. */
export function isReady(dataDirectory: string): boolean {
  return pidFileLines(dataDirectory)[7]?.trim() === "ready";
}

function pidFileLines(dataDirectory: string): string[] {
  try {
    return readFileSync(pidFile(dataDirectory), "utf8").split("\n");
  } catch {
    return [];
  }
}

/** True while that process is a server of that data directory; false for one that only waits to be buried. */
export function isServerOf(pid: number, dataDirectory: string): boolean {
  const [program = "", ...args] = commandLine(pid);
  if (basename(program) !== "postgres") {
    return false;
  }
  if (args.includes(dataDirectory)) {
    return true;
  }
  try {
    // A checkout that was moved while its server ran.
    return readlinkSync(`/proc/${pid}/cwd`) === realpathSync(dataDirectory);
  } catch {
    return false;
  }
}

function commandLine(pid: number): string[] {
  try {
    if (process.platform === "linux") {
      return readFileSync(`/proc/${pid}/cmdline`, "utf8").split("\0");
    }
    // ps joins the arguments by spaces; `serverArguments` has the data directory between " -D " and " --".
    const [, program = "", directory = ""] =
      /^(.*\/postgres) -D (.*?) --/.exec(ps(pid, "command=")) ?? [];
    return [program, "-D", directory];
  } catch {
    return [];
  }
}
