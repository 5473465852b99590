import { execFileSync, spawnSync } from "node:child_process";
import { chownSync, statSync } from "node:fs";
import { fault } from "../../base/fault";

/** Who runs a server. */
export interface Account {
  readonly uid: number;
  readonly gid: number;
}

/** Accounts that PostgreSQL may run under where we are root, in this order. None is ever created. */
const SERVER_ACCOUNTS = ["postgres", "nobody"];

export function isRoot(): boolean {
  return process.getuid?.() === 0;
}

/**
 * Who runs a new server: we ourselves, or, as PostgreSQL refuses to run as root, an account that is there for it.
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
 * Who runs the server of an existing data directory: its owner, whoever we are now. So what a user made stays that
 * user's when root starts it.
 *
 * @throws EMBEDDED_FAILED where we are not root and it is somebody else's
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

/** What `child_process` needs to run something under that account; it drops further groups by itself. */
export function asAccount(account: Account): { uid?: number; gid?: number } {
  return isRoot() ? { uid: account.uid, gid: account.gid } : {};
}

/** Gives a file or folder to that account; where we are not root, it is ours already. */
export function chownIfRoot(path: string, account: Account): void {
  if (isRoot()) {
    chownSync(path, account.uid, account.gid);
  }
}

/**
 * Can that account enter this folder and run this program? The kernel is asked, under that account, so that every
 * component of both paths, access lists and mount options count.
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
