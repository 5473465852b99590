import { execFileSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";

/** A text that changes with each boot; a constant on systems that have no boot id. */
export function bootId(): string {
  const file = "/proc/sys/kernel/random/boot_id";
  return existsSync(file) ? readFileSync(file, "utf8").trim() : "boot";
}

/**
 * Identifies a process among earlier and later ones with the same number: the boot id and when it started. Empty where
 * there is no such process.
 */
export function identityOf(pid: number): string {
  try {
    if (process.platform === "linux") {
      // Field 22 of proc(5); the name in field 2 may hold spaces and parentheses.
      const started = readFileSync(`/proc/${pid}/stat`, "utf8").split(") ").pop()?.split(" ")[19];
      return `${bootId()} ${String(started)}`;
    }
    return ps(pid, "lstart=");
  } catch {
    return "";
  }
}

/** What `ps` prints about a process, for systems without /proc; throws where there is no such process. */
export function ps(pid: number, format: string): string {
  return execFileSync("ps", ["-ww", "-o", format, "-p", String(pid)], { encoding: "utf8" }).trim();
}
