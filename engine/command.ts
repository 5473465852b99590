import { spawn } from "node:child_process";
import { accessSync, constants, statSync } from "node:fs";
import { delimiter, join } from "node:path";
import type { Readable } from "node:stream";
import { parseArgs, type ParseArgsConfig } from "node:util";
import { fault, messageOf } from "../runner/base/fault";
import type { Environment } from "./paths";
import { leaveLine } from "./progress";

export interface CommandOptions {
  readonly folder?: string;
  readonly environment?: Environment;
  /** Shows the output instead of returning it. Default: false. */
  readonly show?: boolean;
  /** Default: no limit. */
  readonly timeoutSeconds?: number;
  /** Called with each line of standard output. */
  readonly onOutputLine?: (line: string) => void;
  /** Called with each line of standard error. */
  readonly onErrorLine?: (line: string) => void;
}

export interface CommandResult {
  /** The exit code; 127 where the command could not be started, 128 after a signal. */
  readonly code: number;
  readonly output: string;
  readonly errors: string;
}

/**
 * Runs a command. Never throws: a command that cannot be started has the code 127.
 *
 * SIGINT or SIGTERM meanwhile also ends this process, after the command, so that nothing further begins. Where this process
 * has another listener for SIGINT, that listener decides.
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
    // A terminal sends ^C to the child, too; SIGTERM only reaches this process.
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

/** Collects a stream's text and calls `onLine` with each whole line; returns a function that returns the text so far. */
function collect(stream: Readable | null, onLine: CommandOptions["onOutputLine"]): () => string {
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

/** The first executable of that name on PATH, skipping folders that are left out; undefined where there is none. */
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

/** Whether the file exists and is executable. */
export function isExecutable(file: string): boolean {
  try {
    accessSync(file, constants.X_OK);
    return statSync(file).isFile();
  } catch {
    return false;
  }
}

/**
 * Reads the options of one of npm's verbs.
 *
 * @param usage `npm start [-- --stack NAME]`
 * @throws COMMAND_INVALID
 */
export function readOptions<T extends NonNullable<ParseArgsConfig["options"]>>(
  usage: string,
  args: readonly string[],
  options: T,
) {
  try {
    return parseArgs({ args: [...args], options }).values;
  } catch (error) {
    throw fault("COMMAND_INVALID", {
      what: usage.replace(/ \[.*/, ""),
      found: messageOf(error),
      expected: usage,
      remedy: "Correct the command line",
    });
  }
}

/** The end of a command's output, for a fault's detail. */
export function lastLines(text: string): string[] {
  return text
    .trimEnd()
    .split("\n")
    .slice(-12)
    .map((line) => `  ${line}`);
}
