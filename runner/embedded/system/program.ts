import { spawn } from "node:child_process";
import { once } from "node:events";
import { fault, messageOf } from "../../base/fault";
import { type Account, asAccount } from "./account";

/**
 * The environment of every program that is run here. It has none of our variables: PGDATA, for example, would change what
 * the program does, and a server must not get the secrets of a Pulumi run.
 */
export const PROGRAM_ENVIRONMENT = {
  PATH: "/usr/local/bin:/usr/bin:/bin:/usr/sbin:/sbin",
  LC_ALL: "C",
  TZ: "UTC",
};

export interface ProgramRun {
  readonly what: string;
  readonly account?: Account;
  readonly cwd: string;
  readonly input?: string;
}

/**
 * Runs a program to its end and returns what it printed, on both streams.
 *
 * @throws EMBEDDED_FAILED with its last lines where it cannot be started or does not exit with 0
 */
export async function runProgram(
  path: string,
  args: readonly string[],
  { what, account, cwd, input }: ProgramRun,
): Promise<string> {
  const child = spawn(path, args, {
    ...(account === undefined ? {} : asAccount(account)),
    cwd,
    env: PROGRAM_ENVIRONMENT,
    stdio: ["pipe", "pipe", "pipe"],
  });
  let printed = "";
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding("utf8").on("data", (text: string) => (printed += text));
  }
  child.stdin.on("error", () => undefined);
  child.stdin.end(input);
  const ended = await once(child, "close").then(
    () => (child.exitCode === 0 ? "" : `exit ${child.signalCode ?? String(child.exitCode)}`),
    (error: unknown) => messageOf(error),
  );
  if (ended !== "") {
    throw fault("EMBEDDED_FAILED", {
      what,
      found: ended,
      remedy: "Read the program's message below",
      detail: lastLines(printed),
    });
  }
  return printed;
}

/** The end of a log, for a message's detail. */
export function lastLines(text: string, count = 8): string[] {
  return text.trimEnd().split("\n").slice(-count);
}
