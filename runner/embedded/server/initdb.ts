import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fault } from "../../base/fault";
import type { PostgresMajor } from "../../postgres/majors";
import { type Account, chownIfRoot } from "../system/account";
import { isDiskFull } from "../system/fullDisk";
import { runProgram } from "../system/program";
import { type Binaries, programPath } from "./binaries";
import { scramVerifier } from "./scram";

/** The superuser's name, as on Supabase, where the customer's login `postgres` is no superuser. */
export const SUPERUSER = "supabase_admin";

/** initdb passes its own path in double quotes to a shell, in which these still have a meaning. */
const SHELL_CHARACTERS = /["$`\\]/;

const INITDB_ARGUMENTS: readonly string[] = [
  "--auth=scram-sha-256",
  "--encoding=UTF8",
  "--lc-messages=C",
  "--no-instructions",
];

export interface InitdbOptions {
  readonly binaries: Binaries;
  readonly account: Account;
  /** The new data directory; its parent must be one that the account can enter. */
  readonly dataDirectory: string;
  readonly superuserPassword: string;
  /** Default: {@link SUPERUSER}. */
  readonly superuser?: string;
}

/**
 * Creates a data directory whose only login is the superuser, with a SCRAM password. The file that initdb reads has the
 * password's verifier, not the password. The data directory is not on disk yet.
 *
 * @throws EMBEDDED_FAILED with what initdb says
 */
export async function initdb(options: InitdbOptions): Promise<void> {
  const { binaries, account, dataDirectory, superuserPassword } = options;
  const { superuser = SUPERUSER } = options;
  const what = `making a data directory of PostgreSQL ${binaries.major}`;
  const path = programPath(binaries, "initdb");
  if (SHELL_CHARACTERS.test(path)) {
    throw fault("EMBEDDED_FAILED", {
      what,
      found: `the folder ${JSON.stringify(dirname(path))}, in which initdb does not work`,
      expected: 'a path without ", $, ` and \\',
      remedy: "Move the checkout",
    });
  }
  const passwordFile = `${dataDirectory}.pw`;
  makeOwnFolder(dataDirectory, account);
  rmSync(passwordFile, { force: true });
  try {
    writeFileSync(passwordFile, scramVerifier(superuserPassword), { mode: 0o600, flag: "wx" });
    chownIfRoot(passwordFile, account);
    const args = [
      `--pgdata=${dataDirectory}`,
      `--pwfile=${passwordFile}`,
      "--no-sync",
      `--username=${superuser}`,
      ...INITDB_ARGUMENTS,
    ];
    const run = { what, account, cwd: dirname(dataDirectory) };
    try {
      await runProgram(path, [...args, ...localeArguments(binaries.major)], run);
    } catch (error) {
      if (binaries.major >= 17 || isDiskFull(error, dirname(dataDirectory))) {
        throw error;
      }
      // The system has no locale C.UTF-8, as on macOS.
      rmSync(dataDirectory, { recursive: true, force: true });
      makeOwnFolder(dataDirectory, account);
      await runProgram(path, [...args, "--no-locale"], run);
    }
  } finally {
    rmSync(passwordFile, { force: true });
  }
}

/** The arguments that determine the content of a data directory of that major, independent of its place and owner. */
export function initdbArguments(major: PostgresMajor): readonly string[] {
  return [`--username=${SUPERUSER}`, ...INITDB_ARGUMENTS, ...localeArguments(major)];
}

/** From PostgreSQL 17 on the built-in locale, which sorts the same on every operating system. */
export function localeArguments(major: PostgresMajor): readonly string[] {
  return major >= 17
    ? ["--locale-provider=builtin", "--builtin-locale=C.UTF-8", "--locale=C"]
    : ["--locale=C.UTF-8"];
}

/** Makes a folder that the account alone can enter. */
function makeOwnFolder(folder: string, account: Account): void {
  mkdirSync(folder, { mode: 0o700 });
  chownIfRoot(folder, account);
}

/** The settings of every server. They are passed on the command line, where no file overrides them. */
export function serverSettings(port: number): Readonly<Record<string, string>> {
  return {
    port: String(port),
    listen_addresses: "127.0.0.1",
    unix_socket_directories: "",
    max_connections: "200",
    timezone: "UTC",
    log_timezone: "UTC",
    log_line_prefix: "%m [%p] %q%u@%d ",
  };
}

/**
 * Settings that keep a stack's idle server small, so that ten of them fit on a laptop. They do not change what SQL means.
 * Small shared buffers suffice, since the servers share the operating system's cache.
 */
export function lightSettings(major: PostgresMajor): Readonly<Record<string, string>> {
  return {
    shared_buffers: "16MB",
    max_connections: "100",
    // Huge pages would be reserved even if they are not used.
    huge_pages: "off",
    // By default PostgreSQL 18 runs three extra processes for I/O.
    ...(major >= 18 ? { io_method: "sync" } : {}),
  };
}

/** The command line of a server. */
export function serverArguments(
  dataDirectory: string,
  settings: Readonly<Record<string, string>>,
): string[] {
  const options = Object.entries(settings).map(([name, value]) => `--${name}=${value}`);
  return ["-D", dataDirectory, ...options];
}

/** The file in which a running server writes its process, port and state: 8 lines, the last is the state. */
export function pidFile(dataDirectory: string): string {
  return join(dataDirectory, "postmaster.pid");
}
