import { type ChildProcess, spawn } from "node:child_process";
import { randomBytes } from "node:crypto";
import { existsSync, readFileSync, rmSync } from "node:fs";
import { readdir, stat } from "node:fs/promises";
import { dirname, join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { checkoutFolder } from "../base/checkoutFolder";
import { fault } from "../base/fault";
import type { PostgresMajor } from "../postgres/majors";
import { copyPrepared } from "./cluster/prepared";
import {
  makeThrowawayFolder,
  removeAbandonedFolders,
  removeThrowawayFolder,
} from "./folder/throwawayFolder";
import { type Binaries, findBinaries, programPath } from "./server/binaries";
import { initdb, serverArguments, serverSettings, SUPERUSER } from "./server/initdb";
import { generatePassword } from "./server/scram";
import { replaceSuperuser } from "./server/singleUser";
import { type Account, asAccount, canUse, serverAccount } from "./system/account";
import { choosePort, HOST } from "./system/port";
import { isReady } from "./system/processes";
import { lastLines, PROGRAM_ENVIRONMENT, runProgram } from "./system/program";

export interface ThrowawayServer {
  readonly host: string;
  readonly port: number;
  readonly superuser: string;
  readonly superuserPassword: string;
  /** The server's log so far; empty once it was stopped. */
  log(): string;
  /** What its files take by now. */
  diskBytes(): Promise<number>;
  /** Ends the server and removes its files. May be called twice. */
  stop(): Promise<void>;
}

export interface ThrowawayOptions {
  /** The folder of `initdb` and `postgres` of that major; default: npm's. */
  readonly binFolder?: string | undefined;
  /** Its superuser's name. Default: {@link SUPERUSER}. */
  readonly superuser?: string;
}

/**
 * Runs the server as its own child and ends it, files and all, as soon as its own input ends: that is when our process
 * ends, however it ends. Being the parent, it can never signal a process that only has the same number.
 */
const KEEPER = `
trap '' HUP INT TERM
folder=$1; program=$2; shift 2
"$program" "$@" >>"$folder/server.log" 2>&1 </dev/null &
server=$!
cat >/dev/null
kill -QUIT "$server" 2>/dev/null
wait "$server"
cd /
rm -rf -- "$folder"
`;

const START_ATTEMPTS = 5;
const START_TIMEOUT_MILLISECONDS = 60_000;

/**
 * A real server that nobody will miss: for tests and rehearsals. It answers when this returns, does not wait for the
 * disk, and is gone with its files when our process ends, even by kill -9.
 *
 * Those of killed processes are ended and removed first.
 *
 * @param settings further settings of the server, as in postgresql.conf
 * @throws EMBEDDED_FAILED
 */
export async function startThrowaway(
  major: PostgresMajor,
  settings: Readonly<Record<string, string>> = {},
  { binFolder, superuser = SUPERUSER }: ThrowawayOptions = {},
): Promise<ThrowawayServer> {
  const account = serverAccount();
  const checkout = checkoutFolder();
  const found =
    binFolder === undefined
      ? findBinaries(major, checkout)
      : { major, version: "", folder: dirname(binFolder) };
  await removeAbandonedFolders();
  const folder = makeThrowawayFolder(account);
  try {
    const binaries = await usableBinaries(found, folder, account);
    const dataDirectory = join(folder, "data");
    const superuserPassword = generatePassword();
    if (binFolder === undefined) {
      await copyPrepared({ checkout, contents: "clean", binaries, dataDirectory });
      await replaceSuperuser({ binaries, dataDirectory }, superuser, superuserPassword);
    } else {
      await initdb({ binaries, account, dataDirectory, superuser, superuserPassword });
    }
    const { keeper, port } = await startOnSomePort(binaries, folder, account, settings);
    return {
      host: HOST,
      port,
      superuser,
      superuserPassword,
      log: () => readLog(folder),
      diskBytes: () => bytesIn(folder),
      stop: async () => {
        await endKeeper(keeper);
        await removeThrowawayFolder(folder);
      },
    };
  } catch (error) {
    rmSync(folder, { recursive: true, force: true });
    throw error;
  }
}

/** The binaries where they are, or a copy in the folder, which its keeper can remove, where the account cannot run those. */
async function usableBinaries(
  found: Binaries,
  folder: string,
  account: Account,
): Promise<Binaries> {
  if (canUse(account, folder, programPath(found, "postgres"))) {
    return found;
  }
  const copy = join(folder, "binaries");
  const run = { what: "copying PostgreSQL's programs", cwd: "/" };
  await runProgram("cp", ["-R", "-P", found.folder, copy], run);
  await runProgram("chmod", ["-R", "u+rwX", copy], run);
  await runProgram("chown", ["-R", "-h", `${account.uid}:${account.gid}`, copy], run);
  return { ...found, folder: copy };
}

async function startOnSomePort(
  binaries: Binaries,
  folder: string,
  account: Account,
  settings: Readonly<Record<string, string>>,
): Promise<{ keeper: ChildProcess; port: number }> {
  for (let attempt = 1; ; attempt++) {
    const port = await choosePort(randomBytes(8).toString("hex"));
    const keeper = startKeeper(binaries, folder, account, { ...settings, ...serverSettings(port) });
    try {
      await waitUntilReady(folder);
      return { keeper, port };
    } catch (error) {
      if (!readLog(folder).includes("could not bind") || attempt === START_ATTEMPTS) {
        await endKeeper(keeper);
        throw error;
      }
      // The keeper would remove the folder that the next attempt needs.
      keeper.kill("SIGKILL");
      rmSync(join(folder, "server.log"), { force: true });
    }
  }
}

function startKeeper(
  binaries: Binaries,
  folder: string,
  account: Account,
  settings: Readonly<Record<string, string>>,
): ChildProcess {
  const careless = { fsync: "off", synchronous_commit: "off", full_page_writes: "off" };
  // Shared memory is in the server's folder, too: a killed server leaves its segments in /dev/shm.
  const own = { ...careless, dynamic_shared_memory_type: "mmap", ...settings };
  const args = serverArguments(join(folder, "data"), own);
  const program = programPath(binaries, "postgres");
  const keeper = spawn("/bin/sh", ["-c", KEEPER, "v7-keeper", folder, program, ...args], {
    ...asAccount(account),
    cwd: "/",
    env: PROGRAM_ENVIRONMENT,
    detached: true,
    stdio: ["pipe", "ignore", "ignore"],
  });
  keeper.stdin.on("error", () => undefined);
  // Neither the process nor the pipe to it keeps ours from ending.
  keeper.unref();
  (keeper.stdin as unknown as { unref(): void }).unref();
  return keeper;
}

async function waitUntilReady(folder: string): Promise<void> {
  const deadline = Date.now() + START_TIMEOUT_MILLISECONDS;
  while (!isReady(join(folder, "data"))) {
    const log = readLog(folder);
    if (/^.*(FATAL|PANIC): /m.test(log) || Date.now() > deadline) {
      throw fault("EMBEDDED_FAILED", {
        what: "starting a throwaway PostgreSQL",
        found: Date.now() > deadline ? "no answer within 60 s" : "a server that ended",
        remedy: "See its log below",
        detail: lastLines(log),
      });
    }
    await sleep(10);
  }
}

async function endKeeper(keeper: ChildProcess): Promise<void> {
  if (keeper.exitCode !== null || keeper.signalCode !== null) {
    return;
  }
  const ended = new Promise((resolve) => keeper.once("exit", resolve));
  keeper.ref();
  keeper.stdin?.end();
  await ended;
}

function readLog(folder: string): string {
  const file = join(folder, "server.log");
  return existsSync(file) ? readFileSync(file, "utf8") : "";
}

/** Files that go while they are counted count for nothing. */
async function bytesIn(folder: string): Promise<number> {
  let bytes = 0;
  const entries = await readdir(folder, { recursive: true, withFileTypes: true }).catch(() => []);
  for (const entry of entries.filter((one) => one.isFile())) {
    const found = await stat(join(entry.parentPath, entry.name)).catch(() => undefined);
    bytes += found?.size ?? 0;
  }
  return bytes;
}
