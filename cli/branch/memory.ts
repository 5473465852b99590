import { existsSync, readdirSync, readFileSync } from "node:fs";

/**
 * What a server takes of the machine's memory, in kibibytes: the proportional set sizes of its processes, which count
 * what several share once. Undefined where the system does not tell (proc(5), smaps_rollup).
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
  // Field 4; the name in field 2 may hold spaces and brackets.
  return Number(read(`/proc/${pid}/stat`).split(") ").pop()?.split(" ")[1] ?? Number.NaN);
}

function proportionalKibibytes(pid: string): number {
  return Number(/^Pss:\s+(\d+) kB$/m.exec(read(`/proc/${pid}/smaps_rollup`))?.[1] ?? 0);
}

/** Empty for a process that has just ended, or that is not ours to look into. */
function read(file: string): string {
  try {
    return readFileSync(file, "utf8");
  } catch {
    return "";
  }
}
