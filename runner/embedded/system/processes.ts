import { readFileSync, readlinkSync, realpathSync } from "node:fs";
import { basename } from "node:path";
import { ps } from "../../base/processes";
import { pidFile } from "../server/initdb";

/**
 * The process number of the server on that data directory; undefined where none runs. Another process with the number in
 * postmaster.pid, as after a reboot, does not count.
 */
export function postmasterOf(dataDirectory: string): number | undefined {
  const pid = pidInFile(dataDirectory);
  return pid !== undefined && pid > 0 && isServerOf(pid, dataDirectory) ? pid : undefined;
}

/** The process number in postmaster.pid, line 1; negative in PostgreSQL's single-user mode. */
export function pidInFile(dataDirectory: string): number | undefined {
  const pid = Number.parseInt(pidFileLines(dataDirectory)[0] ?? "", 10);
  return Number.isInteger(pid) && pid !== 0 ? pid : undefined;
}

/** The running server's port: line 4. */
export function portInFile(dataDirectory: string): number | undefined {
  const port = Number.parseInt(pidFileLines(dataDirectory)[3] ?? "", 10);
  return Number.isInteger(port) ? port : undefined;
}

/** Whether the server accepts logins: line 8, `PM_STATUS_READY` in PostgreSQL's pidfile.h. */
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

/** Whether that process is a running server of that data directory; false for a zombie. */
export function isServerOf(pid: number, dataDirectory: string): boolean {
  const [program = "", ...args] = commandLine(pid);
  if (basename(program) !== "postgres") {
    return false;
  }
  if (args.includes(dataDirectory)) {
    return true;
  }
  try {
    // The checkout may have been moved while its server ran.
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
