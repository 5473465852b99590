import { execFileSync, spawn, spawnSync } from "node:child_process";
import { cpSync, mkdirSync, mkdtempSync, rmSync, symlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { engineEnvironment } from "../../engine/environment";
import { prepareEngine } from "../../engine/prepare";
import { ROOT } from "./repository";

export interface CommandResult {
  readonly code: number;
  /** Its output on both streams. */
  readonly output: string;
}

/** A command at work. */
interface StartedCommand {
  readonly pid: number;
  readonly result: Promise<CommandResult>;
  /** Its output so far. */
  printed(): string;
}

/** A copy of the project in a folder of its own, with a space in its name: stacks made in it touch nothing else. */
export interface Checkout {
  readonly folder: string;
  /** Runs `node engine/bootstrap.mjs …`, which is what `npm start`, `npm stop` and `npm test` are. */
  npm(verb: string, args?: readonly string[], environment?: Record<string, string>): CommandResult;
  /** The same, without waiting for it, in a process group of its own, as a terminal starts a command. */
  startNpm(verb: string, args?: readonly string[]): StartedCommand;
  /** Runs the real `pulumi` as a user would who sourced `.v7/env`. */
  pulumi(args: readonly string[], environment?: Record<string, string>): CommandResult;
  /** The same, without waiting for it: two of them run at once. */
  startPulumi(
    args: readonly string[],
    environment?: Record<string, string>,
  ): Promise<CommandResult>;
  /** Runs `npx v7 …`. */
  v7(args: readonly string[], environment?: Record<string, string>): CommandResult;
  /** The same, without waiting for it, in a process group of its own that can be killed at once. */
  startV7(args: readonly string[], environment?: Record<string, string>): StartedCommand;
  /** Stops what runs and removes the folder. */
  remove(): void;
}

/** Copies the files that git knows or would add; installed packages are shared with the project. */
export async function makeCheckout(): Promise<Checkout> {
  const engine = await prepareEngine();
  const folder = join(mkdtempSync(join(tmpdir(), "v7-e2e-")), "a check out");
  const listed = execFileSync(
    "git",
    ["ls-files", "-z", "--cached", "--others", "--exclude-standard"],
    { cwd: ROOT },
  );
  for (const file of listed
    .toString("utf8")
    .split("\0")
    .filter((name) => name !== "")) {
    mkdirSync(dirname(join(folder, file)), { recursive: true });
    cpSync(join(ROOT, file), join(folder, file));
  }
  mkdirSync(join(folder, ".v7", "state"), { recursive: true });
  // The files that `npm start` would install; stacks that are started in another way need them too.
  cpSync(
    join(ROOT, ".v7", "pulumi-home", "plugins"),
    join(folder, ".v7", "pulumi-home", "plugins"),
    {
      recursive: true,
    },
  );
  symlinkSync(join(ROOT, "node_modules"), join(folder, "node_modules"));
  // Bundles are named by the digest of their sources: a checkout that changes its own makes others.
  const build = join(ROOT, ".v7", "build");
  mkdirSync(build, { recursive: true });
  symlinkSync(build, join(folder, ".v7", "build"));
  const environmentOf = (more: Record<string, string>): NodeJS.ProcessEnv => ({
    ...engineEnvironment(engine.bin),
    PULUMI_HOME: join(folder, ".v7", "pulumi-home"),
    PULUMI_BACKEND_URL: `file://${join(folder, ".v7", "state").replaceAll(" ", "%20")}`,
    PULUMI_CONFIG_PASSPHRASE: "v7-dev",
    ...more,
  });
  const runIn = (
    command: string,
    args: readonly string[],
    more: Record<string, string>,
  ): CommandResult => {
    const { status, stdout, stderr } = spawnSync(command, args, {
      cwd: folder,
      env: environmentOf(more),
      encoding: "utf8",
      maxBuffer: 64 * 1024 * 1024,
    });
    return { code: status ?? 128, output: stdout + stderr };
  };
  const start = (
    command: string,
    args: readonly string[],
    more: Record<string, string>,
  ): StartedCommand => {
    const child = spawn(command, args, { cwd: folder, env: environmentOf(more), detached: true });
    let output = "";
    const add = (chunk: Buffer): void => {
      output += chunk.toString("utf8");
    };
    child.stdout.on("data", add);
    child.stderr.on("data", add);
    const result = new Promise<CommandResult>((resolve, reject) => {
      child.on("error", reject);
      child.on("close", (code) => {
        resolve({ code: code ?? 128, output });
      });
    });
    return { pid: child.pid ?? 0, result, printed: () => output };
  };
  return {
    folder,
    npm: (verb, args = [], more = {}) =>
      runIn(process.execPath, ["engine/bootstrap.mjs", verb, ...args], more),
    startNpm: (verb, args = []) =>
      start(process.execPath, ["engine/bootstrap.mjs", verb, ...args], {}),
    pulumi: (args, more = {}) => runIn("pulumi", [...args, "--non-interactive"], more),
    startPulumi: (args, more = {}) => start("pulumi", [...args, "--non-interactive"], more).result,
    v7: (args, more = {}) => runIn(process.execPath, ["cli/v7.cjs", ...args], more),
    startV7: (args, more = {}) => start(process.execPath, ["cli/v7.cjs", ...args], more),
    remove: () => {
      runIn(process.execPath, ["cli/v7.cjs", "stop", "--all"], {});
      rmSync(dirname(folder), { recursive: true, force: true });
    },
  };
}
