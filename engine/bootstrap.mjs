/**
 * Runs a verb of the engine, engine/<verb>.ts, on a machine that has only Node.js and npm. Plain JavaScript, because it runs
 * before node_modules exists, and Node 20 cannot read TypeScript.
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

/** Accepts any newer major version. */
function checkNode() {
  const [major, minor] = process.versions.node.split(".").map(Number);
  if (major < OLDEST_NODE[0] || (major === OLDEST_NODE[0] && minor < OLDEST_NODE[1])) {
    throw new Error(
      `Node.js ${process.versions.node} is too old: expected ${OLDEST_NODE.join(".")} or newer. ` +
        "Install one from https://nodejs.org and run this again.",
    );
  }
}

/** The mark of a completed installation: this package-lock.json on this platform. */
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
  // Every package that npm recorded must still exist, whatever the mark says.
  if (!Object.keys(found).every((place) => existsSync(join(checkout, place, "package.json")))) {
    return false;
  }
  const wanted = wantedModules();
  if (readIfThere(installed) === wanted) {
    return true;
  }
  // Without the mark npm's own record, which it writes last, decides.
  if (!isAsLocked(found)) {
    return false;
  }
  writeFileSync(installed, wanted);
  return true;
}

/** Whether npm's record has the packages of package-lock.json, except optional ones of other platforms. */
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

/** Runs `npm ci`, one process at a time; again where it was interrupted. */
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
    if (!hasModules()) {
      throw new Error(
        "npm ci has not installed all that package-lock.json names. See what npm's configuration leaves out " +
          "(npm config list), and run this again.",
      );
    }
    say(`  done in ${seconds()}`);
  } finally {
    release();
  }
}

/**
 * Runs npm in a process group of its own, passes every signal on to it, and ends this process after npm. An npm that outlived
 * this process would remove what the next run installs: so npm is an owner of the lock, too, in case this process is killed.
 */
function npmCi() {
  // All kinds of packages, whatever NODE_ENV or the user's npm configuration leaves out.
  const kinds = ["dev", "optional", "peer"].map((kind) => `--include=${kind}`);
  const args = ["ci", ...kinds, "--no-audit", "--no-fund", "--loglevel=error"];
  const stdio = ["ignore", "inherit", "inherit"];
  return new Promise((resolve) => {
    let endedBy;
    let child;
    const forward = (signal) => {
      if (child.pid !== undefined && child.exitCode === null && child.signalCode === null) {
        // A second signal kills.
        process.kill(-child.pid, endedBy === undefined ? signal : "SIGKILL");
      }
      endedBy = signal;
    };
    // Before npm starts: a signal in between would end only this process.
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

/** Takes the lock, waiting while one of its owners lives; returns its release. runner/base/lock.ts is the full version. */
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

/** A process's pid and start, which no other process has. */
function identity(pid) {
  return `${pid} ${startOf(pid)}`;
}

/** A process's start time on Linux; elsewhere only whether it runs. */
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

/** Sets TMPDIR to a folder in the checkout. */
function useOwnTemporaryFolder() {
  // Tests start servers under another account, which cannot enter our folder: they use the user's.
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
    // The doctor installs nothing.
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
    // A fault is shown by its message, a bug by its stack trace.
    const isFault = error?.name === "Fault" || error?.constructor === Error;
    process.stderr.write(`${isFault ? error.message : (error?.stack ?? String(error))}\n`);
    process.exitCode = 1;
  },
);
