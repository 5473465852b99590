import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { chmodSync, existsSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { setTimeout as sleep } from "node:timers/promises";
import { CHECKOUT } from "../../../engine/paths";
import { Workbench } from "./checkout";

/**
 * An npm whose `ci` takes node_modules away, takes as many tenths of a second as $TENTHS says, and installs links to this
 * checkout's packages, npm's own record last. Like npm it leaves out what only tests need if NODE_ENV is production. On a signal it ends as npm does: after some tidying.
 */
const FAKE_NPM = `#!/bin/sh
trap 'sleep 0.5; rm -rf node_modules; echo "interrupted" >> "$NPM_LOG"; exit 130' INT TERM
echo "began" >> "$NPM_LOG"
rm -rf node_modules
while [ "$TENTHS" -gt 0 ]; do sleep 0.1; TENTHS=$((TENTHS - 1)); done
mkdir node_modules
ln -s "$PACKAGES"/* "$PACKAGES"/.bin node_modules/
cp "$PACKAGES/.package-lock.json" node_modules/
case "$NODE_ENV $*" in *--include=dev*) ;; production*) rm node_modules/jest ;; esac
if [ "$LEAVES_OUT" != "" ]; then rm "node_modules/$LEAVES_OUT"; fi
echo "installed" >> "$NPM_LOG"
`;

describe("the packages that npm start and similar commands install", () => {
  let bench: Workbench;
  let clone: string;
  let log: string;

  beforeEach(() => {
    bench = new Workbench();
    clone = bench.clone("clone");
    rmSync(join(clone, "node_modules"));
    log = join(bench.folder, "npm.log");
    writeFileSync(join(bench.folder, "bin", "npm"), FAKE_NPM);
    chmodSync(join(bench.folder, "bin", "npm"), 0o755);
  });

  afterEach(() => {
    rmSync(bench.folder, { recursive: true, force: true });
  });

  /** The shortest of the verbs, as a terminal starts it: in a process group of its own. */
  function start(tenths: number, more: NodeJS.ProcessEnv = {}): ChildProcess {
    return spawn(process.execPath, ["engine/bootstrap.mjs", "stop"], {
      cwd: clone,
      detached: true,
      stdio: ["ignore", "ignore", "pipe"],
      env: {
        PATH: `${join(bench.folder, "bin")}:${process.env["PATH"] ?? ""}`,
        HOME: bench.folder,
        NPM_LOG: log,
        PACKAGES: join(CHECKOUT, "node_modules"),
        TENTHS: String(tenths),
        ...more,
      },
    });
  }

  /** How a process ended: by which code, or which signal. */
  async function endOf(child: ChildProcess): Promise<unknown> {
    const [code, signal] = (await once(child, "exit")) as [number | null, string | null];
    return code ?? signal;
  }

  const textOf = ({ stderr }: ChildProcess): Promise<string> =>
    stderr === null ? Promise.resolve("") : text(stderr);

  const npmDid = (): string[] =>
    existsSync(log) ? readFileSync(log, "utf8").trim().split("\n") : [];

  /** Until npm is at work and the lock is its own, too. */
  async function untilNpmBegan(): Promise<void> {
    const lock = join(clone, ".v7", "npm-ci.lock");
    while (npmDid().length === 0 || readFileSync(lock, "utf8").split(" ").length < 3) {
      await sleep(20);
    }
  }

  it("are complete after ^C and the same command at once, because the first npm ends first", async () => {
    const interrupted = start(600);
    await untilNpmBegan();
    process.kill(-(interrupted.pid ?? Number.NaN), "SIGINT");
    const next = start(0);
    expect(await Promise.all([endOf(interrupted), endOf(next)])).toEqual(["SIGINT", 0]);
    expect(npmDid()).toEqual(["began", "interrupted", "began", "installed"]);
  });

  it("are installed once when the starter of npm is killed and npm goes on", async () => {
    const killed = start(20);
    await untilNpmBegan();
    killed.kill("SIGKILL");
    expect(await endOf(start(0))).toBe(0);
    expect(npmDid()).toEqual(["began", "installed"]);
  });

  it("are installed again when one of them is missing", async () => {
    await endOf(start(0));
    rmSync(join(clone, "node_modules", "yaml"));
    await endOf(start(0));
    await endOf(start(0));
    expect(npmDid()).toEqual(["began", "installed", "began", "installed"]);
  });

  it("include those that only tests need, even with NODE_ENV=production", async () => {
    expect(await endOf(start(0, { NODE_ENV: "production" }))).toBe(0);
    expect(await endOf(start(0))).toBe(0);
    expect(npmDid()).toEqual(["began", "installed"]);
  });

  it("are not accepted when npm has left one out", async () => {
    const child = start(0, { LEAVES_OUT: "yaml" });
    const [said, end] = await Promise.all([textOf(child), endOf(child)]);
    expect([end, said]).toEqual([
      1,
      expect.stringContaining("npm ci has not installed all that package-lock.json names"),
    ]);
  });
});
