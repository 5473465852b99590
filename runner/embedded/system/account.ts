import { execFileSync, spawnSync } from "node:child_process";
import { chownSync, statSync } from "node:fs";
import { fault } from "../../base/fault";

/** Who runs a server. */
export interface Account {
  readonly uid: number;
  readonly gid: number;
}

/** As root, the accounts that PostgreSQL may run under, in order of preference. None is created. */
const SERVER_ACCOUNTS = ["postgres", "nobody"];

export function isRoot(): boolean {
  return process.getuid?.() === 0;
}

/**
 * The account of a new server: this process's user; for root, which PostgreSQL refuses, one of {@link SERVER_ACCOUNTS}.
 *
 * @throws EMBEDDED_FAILED where we are root and no such account exists
 */
export function serverAccount(): Account {
  if (!isRoot()) {
    return { uid: process.getuid?.() ?? 0, gid: process.getgid?.() ?? 0 };
  }
  for (const name of SERVER_ACCOUNTS) {
    const uid = idOf("-u", name);
    const gid = idOf("-g", name);
    if (uid !== undefined && gid !== undefined && uid !== 0) {
      return { uid, gid };
    }
  }
  throw fault("EMBEDDED_FAILED", {
    what: "choosing the account of the embedded PostgreSQL",
    found: `root, whom PostgreSQL refuses, and no account ${SERVER_ACCOUNTS.join(" or ")}`,
    remedy: "Run this as another user, or add one of these accounts",
  });
}

/**
 * The account of an existing data directory's server: the directory's owner, so that a user's files stay the user's when
 * root starts the server.
 *
 * @throws EMBEDDED_FAILED where this process is not root and the owner is another user
 */
export function ownerOf(dataDirectory: string): Account {
  const { uid, gid } = statSync(dataDirectory);
  if (isRoot() ? uid === 0 : uid !== process.getuid?.()) {
    throw fault("EMBEDDED_FAILED", {
      what: `choosing the account of the server of "${dataDirectory}"`,
      found: `files of user ${uid}`,
      expected: isRoot()
        ? "files of another user than root"
        : `files of user ${serverAccount().uid}`,
      remedy: isRoot()
        ? "Give the files back to the user who ran the server"
        : "Run this as that user",
    });
  }
  return { uid, gid };
}

/** The options of `child_process` that run a program under that account; Node drops additional groups by itself. */
export function asAccount(account: Account): { uid?: number; gid?: number } {
  return isRoot() ? { uid: account.uid, gid: account.gid } : {};
}

/** As root, gives a file or folder to that account. */
export function chownIfRoot(path: string, account: Account): void {
  if (isRoot()) {
    chownSync(path, account.uid, account.gid);
  }
}

/**
 * Whether that account can enter this folder and run this program. It is tried under that account, so that every component
 * of both paths, access lists and mount options count.
 */
export function canUse(account: Account, folder: string, program: string): boolean {
  if (!isRoot()) {
    return true;
  }
  const script = 'cd "$1" && test -x . && "$2" --version';
  const { status } = spawnSync("/bin/sh", ["-c", script, "sh", folder, program], {
    ...asAccount(account),
    cwd: "/",
    env: {},
    stdio: "ignore",
  });
  return status === 0;
}

function idOf(what: "-u" | "-g", name: string): number | undefined {
  try {
    return Number(execFileSync("id", [what, name], { stdio: ["ignore", "pipe", "ignore"] }));
  } catch {
    return undefined;
  }
}
