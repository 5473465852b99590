import { spawn } from "node:child_process";
import { accessSync, constants, statSync } from "node:fs";
import { delimiter, join } from "node:path";
import type { Readable } from "node:stream";
import { leaveLine } from "./progress";

type Environment = Readonly<Record<string, string | undefined>>;

export interface CommandOptions {
  readonly folder?: string;
  readonly environment?: Environment;
  /** Shows the output as it comes instead of keeping it. Default: false. */
  readonly show?: boolean;
  /** Ends the command after so many seconds. Default: never. */
  readonly timeoutSeconds?: number;
  /** Gets each line of standard output as it comes. */
  readonly onOutputLine?: (line: string) => void;
  /** The same of standard error. */
  readonly onErrorLine?: (line: string) => void;
}

export interface CommandResult {
  /** The exit code; 127 where the command could not be started, 128 where a signal ended it. */
  readonly code: number;
  readonly output: string;
  readonly errors: string;
}

/**
 * Runs a command to its end. Never throws: a command that cannot be started has the code 127.
 *
 * A signal to end while it runs ends this process as well, after the command: whoever said ^C has not asked for what comes
 * next. Where others in this process listen for it, they decide.
 */
export async function run(
  command: string,
  args: readonly string[],
  options: CommandOptions = {},
): Promise<CommandResult> {
  const child = spawn(command, args, {
    cwd: options.folder,
    env: options.environment ?? process.env,
    stdio: options.show === true ? "inherit" : ["ignore", "pipe", "pipe"],
    ...(options.timeoutSeconds === undefined ? {} : { timeout: options.timeoutSeconds * 1000 }),
  });
  const isOurs = process.listenerCount("SIGINT") === 0;
  let endedBy: NodeJS.Signals | undefined;
  const end = (signal: NodeJS.Signals): void => {
    endedBy = signal;
    // A terminal's ^C reaches the child by itself; SIGTERM goes to this process alone.
    if (signal === "SIGTERM") {
      child.kill(signal);
    }
  };
  process.on("SIGTERM", end);
  process.on("SIGINT", end);
  const outputSoFar = collect(child.stdout, options.onOutputLine);
  const errorsSoFar = collect(child.stderr, options.onErrorLine);
  try {
    return await new Promise((resolve) => {
      child.on("error", (error) => {
        resolve({ code: 127, output: outputSoFar(), errors: error.message });
      });
      child.on("close", (code) => {
        resolve({ code: code ?? 128, output: outputSoFar(), errors: errorsSoFar() });
      });
    });
  } finally {
    process.off("SIGTERM", end);
    process.off("SIGINT", end);
    if (endedBy !== undefined && isOurs) {
      leaveLine();
      process.kill(process.pid, endedBy);
    }
  }
}

/** Keeps what a stream brings, and hands on each whole line of it; what it returns tells all that came so far. */
function collect(stream: Readable | null, onLine?: (line: string) => void): () => string {
  let all = "";
  let unfinished = "";
  stream?.setEncoding("utf8").on("data", (text: string) => {
    all += text;
    const lines = (unfinished + text).split("\n");
    unfinished = lines.pop() ?? "";
    lines.forEach((line) => onLine?.(line));
  });
  return () => all;
}

/** The executable of that name in PATH's folders, other than those left out; undefined where there is none. */
export function findOnPath(
  name: string,
  environment: Environment = process.env,
  isLeftOut: (folder: string) => boolean = () => false,
): string | undefined {
  return (environment["PATH"] ?? "")
    .split(delimiter)
    .filter((folder) => folder !== "" && !isLeftOut(folder))
    .map((folder) => join(folder, name))
    .find(isExecutable);
}

/** Whether the file is there and may be run. */
export function isExecutable(file: string): boolean {
  try {
    accessSync(file, constants.X_OK);
    return statSync(file).isFile();
  } catch {
    return false;
  }
}

/** The end of a command's output, for a fault's detail. */
export function lastLines(text: string, count = 12): string[] {
  return text
    .trimEnd()
    .split("\n")
    .slice(-count)
    .map((line) => `  ${line}`);
}
