import { existsSync, readdirSync, readFileSync } from "node:fs";

/**
 * A server's memory in kibibytes: the sum of its processes' proportional set sizes, which count shared memory once.
 * Undefined on systems without /proc/PID/smaps_rollup, proc(5).
 */
export function serverKibibytes(postmaster: number): number | undefined {
  if (!existsSync(`/proc/${postmaster}/smaps_rollup`)) {
    return undefined;
  }
  const pids = readdirSync("/proc").filter((name) => /^\d+$/.test(name));
  const children = pids.filter((pid) => parentOf(pid) === postmaster);
  const sizes = [String(postmaster), ...children].map(proportionalKibibytes);
  return sizes.reduce((sum, size) => sum + size, 0);
}

function parentOf(pid: string): number {
  // Field 4, counted after field 2, a name that may contain spaces and brackets.
  return Number(read(`/proc/${pid}/stat`).split(") ").pop()?.split(" ")[1] ?? Number.NaN);
}

function proportionalKibibytes(pid: string): number {
  return Number(/^Pss:\s+(\d+) kB$/m.exec(read(`/proc/${pid}/smaps_rollup`))?.[1] ?? 0);
}

/** The file's text; empty where the process has ended or belongs to another user. */
function read(file: string): string {
  try {
    return readFileSync(file, "utf8");
  } catch {
    return "";
  }
}
