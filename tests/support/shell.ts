import { spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { CommandResult } from "./checkout";

/** A shell in which commands are typed one after the other: each has the variables and the folder of the one before. */
export interface Shell {
  /** Types a command; only `input` answers its questions. */
  type(command: string, input?: string): CommandResult;
}

/** A command that hangs fails, and does not stop the tests. */
const TIMEOUT_MILLISECONDS = 120_000;

/** A POSIX shell in that folder, with nothing of this process's environment but PATH and what is given. */
export function openShell(folder: string, environment: Readonly<Record<string, string>>): Shell {
  let here = folder;
  let variables: Record<string, string> = { PATH: process.env["PATH"] ?? "", ...environment };
  const type = (command: string, input = ""): CommandResult => {
    const left = mkdtempSync(join(tmpdir(), "v7-shell-"));
    const end = `trap 'env -0 > "${left}/env"; pwd > "${left}/folder"' EXIT`;
    // Every variable that is assigned is kept for the next command, exported or not: a typed shell has them, too.
    const { status, stdout, stderr, error } = spawnSync(
      "sh",
      ["-c", `${end}\nset -a\n${command}`],
      {
        cwd: here,
        env: variables,
        input,
        encoding: "utf8",
        maxBuffer: 64 * 1024 * 1024,
        timeout: TIMEOUT_MILLISECONDS,
      },
    );
    if (existsSync(join(left, "folder"))) {
      here = readFileSync(join(left, "folder"), "utf8").trimEnd();
      variables = parseEnvironment(readFileSync(join(left, "env"), "utf8"));
    }
    rmSync(left, { recursive: true, force: true });
    const output = stdout + stderr + (error === undefined ? "" : error.message);
    return { code: status ?? 128, output };
  };
  return { type };
}

function parseEnvironment(text: string): Record<string, string> {
  return Object.fromEntries(
    text
      .split("\0")
      .filter((line) => line.includes("="))
      .map((line) => {
        const at = line.indexOf("=");
        return [line.slice(0, at), line.slice(at + 1)] as const;
      }),
  );
}
