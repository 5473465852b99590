import { execFileSync } from "node:child_process";
import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { Client } from "pg";
import type { Checkout, CommandResult } from "./checkout";

/** What `branch up --json` prints. */
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

/**
 * Starts a verb on the branch `killed` and kills it after that time, alone or with all that it has started. One that has
 * ended before was faster than the last time.
 */
export async function killBranch(
  checkout: Checkout,
  verb: "up" | "down",
  afterMilliseconds: number,
  whom: "command" | "group" = "group",
): Promise<void> {
  const { pid, result } = checkout.startV7(["branch", verb, "--branch=killed"]);
  await sleep(afterMilliseconds);
  try {
    process.kill(whom === "group" ? -pid : pid, "SIGKILL");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ESRCH") {
      throw error;
    }
  }
  await result;
}

/** The last line of an output, which is where an answer stands: what was said before it stands on the other stream. */
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
  const client = new Client({ connectionString: url.replace("?sslmode=disable", "") });
  await client.connect();
  try {
    return (await client.query<T>(sql)).rows;
  } finally {
    await client.end();
  }
}

/**
 * Everything of branches that is on this machine because of that checkout, by kind: processes of servers, files and
 * folders of stacks. All empty where nothing was left.
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

/** What `remains` gives where nothing is left. */
export function nothing(checkout: Checkout): Record<string, string[]> {
  return Object.fromEntries(Object.keys(remains(checkout)).map((kind) => [kind, []]));
}

function namesIn(folder: string): string[] {
  return existsSync(folder) ? readdirSync(folder).sort() : [];
}

/** The command lines of the servers whose data is this checkout's: at home, or where root keeps it. */
function serversOf(folder: string): string[] {
  const listing = execFileSync("ps", ["-eww", "-o", "args"], { encoding: "utf8" });
  const places = [folder, ...awayOf(folder)];
  return listing
    .split("\n")
    .filter((line) => / -D /.test(line) && places.some((place) => line.includes(place)));
}

/** The folders that root keeps outside the checkout for it: each has a marker that names its home. */
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
