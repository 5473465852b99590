import { execFileSync } from "node:child_process";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import type { Checkout, CommandResult } from "./checkout";
import { queryRows } from "./withClient";

/** The output of `branch up --json`. */
export interface BranchUp {
  readonly branch: string;
  readonly stack: string;
  readonly url: string;
  readonly schemaFingerprint: string;
}

/** Makes the checkout's folder a git repository with one commit, on the branch `main`. */
export function makeRepository({ folder }: Checkout): void {
  git(folder, ["init", "--quiet", "--initial-branch=main"]);
  git(folder, ["add", "--all"]);
  git(folder, ["commit", "--quiet", "--message=all", "--no-verify"]);
}

export function git(folder: string, args: readonly string[]): string {
  const identity = ["-c", "user.name=test", "-c", "user.email=test@localhost"];
  return execFileSync("git", [...identity, ...args], { cwd: folder, encoding: "utf8" });
}

/** `v7 branch …` for a branch, and what it printed. */
export function branch(
  checkout: Checkout,
  verb: string,
  name: string,
  more: readonly string[] = [],
): CommandResult {
  return checkout.v7(["branch", verb, `--branch=${name}`, ...more]);
}

/** Tells from the files that a command on the branch `killed` has written whether it is time to kill it. */
export type Moment = (checkout: Checkout) => boolean;

const KILLED = "dev-killed";
const stateOf = (checkout: Checkout): string =>
  join(checkout.folder, ".v7", "state", ".pulumi", "stacks", "v7", `${KILLED}.json`);
const recordOf = (checkout: Checkout): string =>
  join(checkout.folder, ".v7", "branches", `${KILLED}.json`);
const clusterOf = (checkout: Checkout): string =>
  join(checkout.folder, ".v7", "stacks", KILLED, "cluster.json");
const locksOf = (checkout: Checkout): string =>
  join(checkout.folder, ".v7", "state", ".pulumi", "locks", "organization", "v7", KILLED);

/** Pulumi writes its state before and after each operation, so it names a resource as soon as its creation begins. */
const creates =
  (type: string): Moment =>
  (checkout) =>
    textOf(stateOf(checkout)).includes(type);

export const WHILE_UP = {
  "before it has a stack": (checkout) => existsSync(recordOf(checkout)),
  "while its server is made": (checkout) => existsSync(clusterOf(checkout)),
  "while its database is cloned": creates("directive:index:DatabaseClone"),
  "while its roles are made": creates("postgresql:index/role:Role"),
  "while the directive is applied": creates("directive:index:MigrationRunner"),
  "while the catalog is checked": creates("directive:index:CatalogCheck"),
  "once Pulumi has locked the stack": (checkout) => namesIn(locksOf(checkout)).length > 0,
} as const satisfies Record<string, Moment>;

export const WHILE_DOWN = {
  "before its stack is gone": (checkout) => textOf(recordOf(checkout)).includes("leaving"),
  "once its stack is gone": (checkout) => !existsSync(stateOf(checkout)),
  "once its server is gone": (checkout) => !existsSync(clusterOf(checkout)),
} as const satisfies Record<string, Moment>;

/**
 * Starts a verb on the branch `killed` and kills it at that moment, alone or with all processes that it has started. Fails if the
 * command ends before that moment.
 */
export async function killBranch(
  checkout: Checkout,
  verb: "up" | "down",
  isNow: Moment,
  whom: "command" | "group" = "group",
): Promise<void> {
  const { pid, result } = checkout.startV7(["branch", verb, "--branch=killed"]);
  let ended: CommandResult | undefined;
  void result.then((one) => (ended = one));
  while (!isNow(checkout)) {
    if (ended !== undefined) {
      throw new Error(`branch ${verb} ended before it was to be killed:\n${ended.output}`);
    }
    await sleep(2);
  }
  process.kill(whom === "group" ? -pid : pid, "SIGKILL");
  await result;
}

/** The last line of an output, which is the answer; the progress is on the other stream. */
export function jsonOf(output: string): unknown {
  return JSON.parse(output.slice(output.search(/^[[{]/m)).replace(/\nv7: [^]*$/, ""));
}

/** Runs one query on the branch's database. */
export async function queryBranch<T extends object>(
  checkout: Checkout,
  name: string,
  sql: string,
): Promise<T[]> {
  const url = branch(checkout, "url", name).output.trim().split("\n").at(-1) ?? "";
  return await queryRows<T>(url, sql);
}

/**
 * Everything that branches of that checkout have made on this machine, by kind: processes of servers, files and
 * folders of stacks. Every list is empty if nothing is left.
 */
export function remains({ folder }: Checkout): Record<string, string[]> {
  const own = join(folder, ".v7");
  const state = join(own, "state", ".pulumi");
  const clusters = namesIn(join(own, "stacks"));
  return {
    processes: serversOf(folder),
    clusters,
    records: namesIn(join(own, "branches")),
    settings: namesIn(folder).filter((name) => /^Pulumi\.dev-.*\.yaml$/.test(name)),
    stacks: namesIn(join(state, "stacks", "v7")).filter((name) => name.startsWith("dev-")),
    history: namesIn(join(state, "history", "v7")).filter((name) => name.startsWith("dev-")),
    backups: namesIn(join(state, "backups", "v7")).filter((name) => name.startsWith("dev-")),
    locks: namesIn(join(state, "locks", "organization", "v7")).filter((name) =>
      name.startsWith("dev-"),
    ),
    logs: namesIn(join(own, "pulumi-home", "logs")).filter((name) => /\+dev-(?!\d{8}T)/.test(name)),
    away: awayOf(folder),
  };
}

/** The result of `remains` if nothing is left. */
export function nothing(checkout: Checkout): Record<string, string[]> {
  return Object.fromEntries(Object.keys(remains(checkout)).map((kind) => [kind, []]));
}

function textOf(file: string): string {
  try {
    return readFileSync(file, "utf8");
  } catch {
    return "";
  }
}

function namesIn(folder: string): string[] {
  return existsSync(folder) ? readdirSync(folder).sort() : [];
}

/** The command lines of the servers with data of this checkout, in its own folder or in root's. */
function serversOf(folder: string): string[] {
  const listing = execFileSync("ps", ["-eww", "-o", "args"], { encoding: "utf8" });
  const places = [folder, ...awayOf(folder)];
  return listing
    .split("\n")
    .filter((line) => / -D /.test(line) && places.some((place) => line.includes(place)));
}

/** The folders outside the checkout in which root keeps its data: each has a marker that names the checkout's folder. */
function awayOf(folder: string): string[] {
  const parent = "/var/lib/v7";
  const names = existsSync(parent) ? readdirSync(parent) : [];
  return names
    .map((name) => join(parent, name))
    .filter((away) => {
      const marker = join(away, "cluster.json");
      return (
        existsSync(marker) && execFileSync("cat", [marker], { encoding: "utf8" }).includes(folder)
      );
    });
}
