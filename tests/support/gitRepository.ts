import { execFileSync, spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";

/** A git repository of a test's own, with one commit on `main`, a space in its name, and a v7 that records its words. */
export interface GitRepository {
  readonly folder: string;
  /** Runs git there, or in another folder; throws where it fails. */
  git(args: readonly string[], folder?: string, environment?: Record<string, string>): string;
  /** What the v7 of that folder was asked, in order, each as its words and the variables of git that it was given. */
  calls(folder?: string): { words: string; git: string[] }[];
  remove(): void;
}

/**
 * Stands in for cli/v7.cjs: it says what it was asked, and of `branch url` what the file `url` has, as v7 does where there
 * is a database; where there is no such file it fails, as v7 does where there is none.
 */
const V7 = `
const { appendFileSync, existsSync, readFileSync } = require("node:fs");
const words = process.argv.slice(2).join(" ");
const git = Object.keys(process.env).filter((name) => /^GIT_(DIR|INDEX_FILE|WORK_TREE|PREFIX)$/.test(name));
appendFileSync(__dirname + "/../.v7/calls", JSON.stringify({ words, git }) + "\\n");
if (words === "branch url") {
  const file = __dirname + "/../.v7/url";
  if (!existsSync(file)) { console.error("no database"); process.exit(1); }
  console.log(readFileSync(file, "utf8"));
} else {
  console.log("v7 was here");
}
`;

/** Nothing of this machine's or this user's settings of git. */
export const GIT_ENVIRONMENT: Readonly<Record<string, string>> = {
  GIT_CONFIG_GLOBAL: "/dev/null",
  GIT_CONFIG_NOSYSTEM: "1",
  GIT_AUTHOR_NAME: "a",
  GIT_AUTHOR_EMAIL: "a@example.org",
  GIT_COMMITTER_NAME: "a",
  GIT_COMMITTER_EMAIL: "a@example.org",
};

export function makeGitRepository(): GitRepository {
  const above = mkdtempSync(join(tmpdir(), "v7-git-"));
  const folder = join(above, "a repository");
  const git: GitRepository["git"] = (args, at = folder, environment = {}) => {
    // What it runs in the background must not hold this up: only git's own output is waited for.
    const { status, stdout, stderr } = spawnSync("git", args, {
      cwd: at,
      env: { ...withoutGit(), ...GIT_ENVIRONMENT, ...environment },
      encoding: "utf8",
    });
    if (status !== 0) {
      throw new Error(`git ${args.join(" ")}: ${stderr}`);
    }
    return stdout;
  };
  mkdirSync(join(folder, "cli"), { recursive: true });
  writeFileSync(join(folder, "cli", "v7.cjs"), V7);
  writeFileSync(join(folder, ".gitignore"), ".v7/\n");
  git(["init", "--quiet", "--initial-branch", "main"]);
  git(["add", "."]);
  git(["commit", "--quiet", "--message", "first"]);
  return {
    folder,
    git,
    calls: (at = folder) =>
      readIfThere(join(at, ".v7", "calls"))
        .split("\n")
        .filter((line) => line !== "")
        .map((line) => JSON.parse(line) as { words: string; git: string[] }),
    remove: () => {
      rmSync(above, { recursive: true, force: true });
    },
  };
}

/** What `v7 branch up` leaves in a checkout: a folder that says that branches have databases here. */
export function haveBranchDatabases(folder: string, branch = "some"): void {
  mkdirSync(join(folder, ".v7", "branches"), { recursive: true });
  writeFileSync(join(folder, ".v7", "branches", `dev-${branch}.json`), "{}");
}

/** Waits until no hook of that repository is at work in the background; it leaves its marks there until then. */
export async function hooksHaveEnded(folder: string): Promise<void> {
  const common = execFileSync("git", ["rev-parse", "--git-common-dir"], {
    cwd: folder,
    encoding: "utf8",
  }).trim();
  while (readdirSync(resolve(folder, common)).some((name) => name.startsWith("v7-hook."))) {
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}

/** This process's environment without what git tells its hooks: these tests may themselves run in one. */
export function withoutGit(): NodeJS.ProcessEnv {
  return Object.fromEntries(
    Object.entries(process.env).filter(([name]) => !/^(GIT_|V7_|DATABASE_URL$)/.test(name)),
  );
}

function readIfThere(file: string): string {
  try {
    return readFileSync(file, "utf8");
  } catch {
    return "";
  }
}
