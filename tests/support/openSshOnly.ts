import { execFileSync } from "node:child_process";
import { mkdirSync, symlinkSync } from "node:fs";
import { join } from "node:path";
import { makeFolder } from "../unit/approval/support";

/**
 * A machine with only OpenSSH and the coreutils: gives the output of a text that is pasted into its shell.
 * `removeFolders` deletes it.
 */
export function machineWithOpenSshOnly(): (...pastes: readonly string[]) => string {
  const folder = makeFolder();
  const bin = join(folder, "bin");
  const home = join(folder, "home");
  mkdirSync(bin);
  mkdirSync(home);
  for (const program of ["sh", "cat", "date", "od", "tr", "ssh-keygen"]) {
    const found = execFileSync("/bin/sh", ["-c", `command -v ${program}`], { encoding: "utf8" });
    symlinkSync(found.trim(), join(bin, program));
  }
  return (...pastes) =>
    execFileSync(join(bin, "sh"), [], {
      cwd: home,
      env: { PATH: bin, HOME: home },
      input: pastes.map((paste) => `${paste}\n`).join(""),
      encoding: "utf8",
      stdio: ["pipe", "pipe", "pipe"],
    });
}
