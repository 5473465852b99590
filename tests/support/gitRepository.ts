import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** A git repository of a test's own, with one commit on `main`, and a space in its name. */
export interface GitRepository {
  readonly folder: string;
  /** Runs git there, or in another folder; throws if it fails. */
  git(args: readonly string[], folder?: string, environment?: Record<string, string>): string;
  remove(): void;
}

/** An environment without this machine's and this user's settings of git. */
const GIT_ENVIRONMENT: Readonly<Record<string, string>> = {
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
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, ".gitignore"), ".v7/\n");
  git(["init", "--quiet", "--initial-branch", "main"]);
  git(["add", "."]);
  git(["commit", "--quiet", "--message", "first"]);
  return {
    folder,
    git,
    remove: () => {
      rmSync(above, { recursive: true, force: true });
    },
  };
}

/** This process's environment without the variables that git sets for hooks, since these tests may run in a hook. */
function withoutGit(): NodeJS.ProcessEnv {
  return Object.fromEntries(
    Object.entries(process.env).filter(([name]) => !/^(GIT_|V7_|DATABASE_URL$)/.test(name)),
  );
}
