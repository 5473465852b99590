import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { type Account, chownIfRoot } from "./account";
import { type Binaries, programPath } from "./binaries";
import { runProgram } from "./program";
import { scramVerifier } from "./scram";

/** As on Supabase, where the platform's superuser is not the customer's login `postgres`. */
export const SUPERUSER = "supabase_admin";

export interface InitdbOptions {
  readonly binaries: Binaries;
  readonly account: Account;
  /** The new data directory; its parent must be one that the account can enter. */
  readonly dataDirectory: string;
  readonly superuserPassword: string;
  /** Wait until the files are on disk. Default true. */
  readonly sync?: boolean;
}

/**
 * Makes a data directory whose only login is the superuser's, by SCRAM. The file that initdb reads the password from
 * holds its verifier, not the password.
 *
 * @throws EMBEDDED_FAILED with what initdb says
 */
export async function initdb(options: InitdbOptions): Promise<void> {
  const { binaries, account, dataDirectory, superuserPassword, sync = true } = options;
  const passwordFile = `${dataDirectory}.pw`;
  makeOwnFolder(dataDirectory, account);
  rmSync(passwordFile, { force: true });
  try {
    writeFileSync(passwordFile, scramVerifier(superuserPassword), { mode: 0o600, flag: "wx" });
    chownIfRoot(passwordFile, account);
    const args = [
      `--pgdata=${dataDirectory}`,
      `--username=${SUPERUSER}`,
      "--auth=scram-sha-256",
      `--pwfile=${passwordFile}`,
      "--encoding=UTF8",
      "--lc-messages=C",
      "--no-instructions",
      ...(sync ? [] : ["--no-sync"]),
    ];
    const run = { what: `making a data directory of PostgreSQL ${binaries.major}`, account };
    const path = programPath(binaries, "initdb");
    const cwd = dirname(dataDirectory);
    if (binaries.major >= 17) {
      // The one locale that needs nothing of the operating system, and sorts the same on each.
      const builtin = ["--locale-provider=builtin", "--builtin-locale=C.UTF-8", "--locale=C"];
      await runProgram(path, [...args, ...builtin], { ...run, cwd });
      return;
    }
    try {
      await runProgram(path, [...args, "--locale=C.UTF-8"], { ...run, cwd });
    } catch {
      // A system without C.UTF-8, such as macOS.
      rmSync(dataDirectory, { recursive: true, force: true });
      makeOwnFolder(dataDirectory, account);
      await runProgram(path, [...args, "--no-locale"], { ...run, cwd });
    }
  } finally {
    rmSync(passwordFile, { force: true });
  }
}

/** Makes a folder that the account alone can enter. */
export function makeOwnFolder(folder: string, account: Account): void {
  mkdirSync(folder, { mode: 0o700 });
  chownIfRoot(folder, account);
}

/** The settings that every server of ours is started with, on its command line, where no file can change them. */
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

/** The command line of a server. */
export function serverArguments(
  dataDirectory: string,
  settings: Readonly<Record<string, string>>,
): string[] {
  const options = Object.entries(settings).map(([name, value]) => `--${name}=${value}`);
  return ["-D", dataDirectory, ...options];
}

/** The file by which a running server says its process, port and state: 8 lines, the last is its state. */
export function pidFile(dataDirectory: string): string {
  return join(dataDirectory, "postmaster.pid");
}
