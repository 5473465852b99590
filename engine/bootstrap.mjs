/**
 * Runs a verb of the engine, engine/<verb>.ts, on a machine that has Node.js and npm and nothing else yet.
 *
 * The only plain JavaScript of the engine: it runs before node_modules is there, and Node 20 cannot read TypeScript.
 */
import { spawn } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, linkSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { HELP } from "./help.mjs";

const OLDEST_NODE = [20, 19];
const VERBS = Object.keys(HELP);

const checkout = dirname(dirname(fileURLToPath(import.meta.url)));
const own = join(checkout, ".v7");
const installed = join(checkout, "node_modules", ".v7-lock");
const npmLock = join(own, "npm-ci.lock");
const ENDING_SIGNALS = ["SIGINT", "SIGTERM", "SIGHUP"];
const say = (text) => process.stderr.write(`v7: ${text}\n`);

/** A newer Node.js of any major version will do. */
function checkNode() {
  const [major, minor] = process.versions.node.split(".").map(Number);
  if (major < OLDEST_NODE[0] || (major === OLDEST_NODE[0] && minor < OLDEST_NODE[1])) {
    throw new Error(
      `Node.js ${process.versions.node} is too old: expected ${OLDEST_NODE.join(".")} or newer. ` +
        "Install one from https://nodejs.org and run this again.",
    );
  }
}

/** node_modules is right when it was installed, to the end, from this package-lock.json on this platform. */
function wantedModules() {
  const lock = readFileSync(join(checkout, "package-lock.json"));
  return `${createHash("sha256").update(lock).digest("hex")} ${process.platform} ${process.arch}`;
}

function hasModules() {
  const there = readIfThere(join(checkout, "node_modules", ".package-lock.json"));
  if (there === "") {
    return false;
  }
  const { packages: found } = JSON.parse(there);
  // A mark says what was done once; what is there now says the disk.
  if (!Object.keys(found).every((place) => existsSync(join(checkout, place, "package.json")))) {
    return false;
  }
  const wanted = wantedModules();
  if (readIfThere(installed) === wanted) {
    return true;
  }
  // Somebody has run npm by hand, perhaps: npm's own record of node_modules, which it writes last, tells.
  if (!isAsLocked(found)) {
    return false;
  }
  writeFileSync(installed, wanted);
  return true;
}

/** Whether npm's record holds what package-lock.json names, but for optional packages of other platforms. */
function isAsLocked(found) {
  const { packages: wanted } = JSON.parse(
    readFileSync(join(checkout, "package-lock.json"), "utf8"),
  );
  return Object.entries(wanted)
    .filter(([place]) => place !== "")
    .every(([place, { version, optional }]) =>
      found[place] === undefined ? optional === true : found[place].version === version,
    );
}

/** `npm ci`, by one process at a time; the mark is written last, so that an interrupted one is done again. */
async function ensureModules() {
  if (hasModules()) {
    return;
  }
  const release = await lock(npmLock);
  try {
    if (hasModules()) {
      return;
    }
    const began = Date.now();
    const seconds = () => `${Math.round((Date.now() - began) / 1000)} s`;
    say("installing what package-lock.json names (npm ci, about 400 MB) ...");
    const timer = setInterval(() => say(`  ${seconds()}`), 15_000);
    const code = await npmCi().finally(() => clearInterval(timer));
    if (code !== 0) {
      throw new Error(
        `npm ci ended with exit code ${code}. See above; run this again when npm's registry is in reach.`,
      );
    }
    writeFileSync(installed, wantedModules());
    say(`  done in ${seconds()}`);
  } finally {
    release();
  }
}

/**
 * In a process group of its own, which gets every signal of ours once; this process ends after it. An npm that went on
 * alone would take away what the next run installs: the lock is its own, too, for where this process is killed.
 */
function npmCi() {
  const args = ["ci", "--no-audit", "--no-fund", "--loglevel=error"];
  const stdio = ["ignore", "inherit", "inherit"];
  return new Promise((resolve) => {
    let endedBy;
    let child;
    const forward = (signal) => {
      if (child.pid !== undefined && child.exitCode === null && child.signalCode === null) {
        // Whoever asks twice does not want to wait.
        process.kill(-child.pid, endedBy === undefined ? signal : "SIGKILL");
      }
      endedBy = signal;
    };
    // Before npm is there: a signal in between would end this process alone.
    ENDING_SIGNALS.forEach((signal) => process.on(signal, forward));
    child = spawn("npm", args, { cwd: checkout, stdio, detached: true });
    if (child.pid !== undefined) {
      writeFileSync(npmLock, `${identity(process.pid)} ${identity(child.pid)}`);
    }
    child.on("error", (error) => {
      say(`npm could not be started: ${error.message}`);
      resolve(127);
    });
    child.on("close", (code) => {
      ENDING_SIGNALS.forEach((signal) => process.off(signal, forward));
      if (endedBy !== undefined) {
        process.kill(process.pid, endedBy);
      }
      resolve(code ?? 128);
    });
  });
}

/** Takes the lock, waiting while one of its owners lives; returns what releases it. runner/base/lock.ts has the whole of it. */
async function lock(file) {
  const mine = `${file}.${process.pid}`;
  const wait = () => new Promise((resolve) => setTimeout(resolve, 200));
  let told = false;
  for (;;) {
    writeFileSync(mine, identity(process.pid));
    try {
      linkSync(mine, file);
      return () => rmSync(file, { force: true });
    } catch (error) {
      if (error.code !== "EEXIST") {
        throw error;
      }
    } finally {
      rmSync(mine, { force: true });
    }
    const owners = readIfThere(file).match(/\d+ \S+/g) ?? [];
    const owner = owners.find((one) => one === identity(one.split(" ")[0]));
    if (owners.length > 0 && owner === undefined) {
      rmSync(file, { force: true });
    } else if (!told && owner !== undefined) {
      say(`another v7 is installing node_modules (pid ${owner.split(" ")[0]}), waiting`);
      told = true;
    }
    await wait();
  }
}

/** Tells a process from another of the same number. */
function identity(pid) {
  return `${pid} ${startOf(pid)}`;
}

/** When a process started, on Linux; elsewhere whether it is there. */
function startOf(pid) {
  const stat = readIfThere(`/proc/${pid}/stat`);
  if (stat !== "") {
    return stat.slice(stat.lastIndexOf(")") + 2).split(" ")[19];
  }
  try {
    process.kill(pid, 0);
    return "running";
  } catch (error) {
    return error.code === "EPERM" ? "running" : "gone";
  }
}

function readIfThere(file) {
  try {
    return readFileSync(file, "utf8");
  } catch {
    return "";
  }
}

/** What we start may write to the temp folder: it gets one in the checkout. */
function useOwnTemporaryFolder() {
  // Tests start servers under another account, which cannot enter ours: they go back to the user's.
  process.env.USER_TMPDIR = process.env.TMPDIR ?? "";
  process.env.TMPDIR = join(own, "tmp");
  mkdirSync(own, { recursive: true });
  mkdirSync(process.env.TMPDIR, { recursive: true, mode: 0o700 });
}

async function main([verb, ...args]) {
  if (!VERBS.includes(verb)) {
    throw new Error(
      `engine/bootstrap.mjs: found "${verb ?? ""}", expected one of ${VERBS.join(", ")}.`,
    );
  }
  if (args.includes("--help") || args.includes("-h")) {
    process.stdout.write(HELP[verb]);
    return 0;
  }
  checkNode();
  useOwnTemporaryFolder();
  if (verb !== "doctor") {
    await ensureModules();
  } else if (!hasModules()) {
    // A doctor looks and makes nothing.
    process.stdout.write(
      "MISSING  node_modules as package-lock.json names it: npm start installs it\n",
    );
    if (!existsSync(join(checkout, "node_modules", "esbuild"))) {
      return 1;
    }
  }
  const require = createRequire(import.meta.url);
  require("./typescript.cjs");
  return require(`./${verb}.ts`).main(args);
}

main(process.argv.slice(2)).then(
  (code) => {
    process.exitCode = code;
  },
  (error) => {
    // A fault's message says all; anything else is a mistake of ours, with its place.
    const isFault = error?.name === "Fault" || error?.constructor === Error;
    process.stderr.write(`${isFault ? error.message : (error?.stack ?? String(error))}\n`);
    process.exitCode = 1;
  },
);
