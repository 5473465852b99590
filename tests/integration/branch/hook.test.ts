import { spawnSync } from "node:child_process";
import { chmodSync, existsSync, mkdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { Command } from "commander";
import { addHook, describeHook, installHook, removeHook } from "../../../cli/branch/hook";
import { faultOf } from "../../support/faults";
import {
  GIT_ENVIRONMENT,
  haveBranchDatabases,
  hooksHaveEnded,
  makeGitRepository,
  type GitRepository,
} from "../../support/gitRepository";

let repository: GitRepository;
let file: string;

beforeEach(() => {
  repository = makeGitRepository();
  file = join(repository.folder, ".git", "hooks", "reference-transaction");
});
afterEach(() => {
  repository.remove();
});

/** What v7 was asked once every hook has ended. */
async function asked(folder: string = repository.folder): Promise<string[]> {
  await hooksHaveEnded(repository.folder);
  return repository
    .calls(folder)
    .map(({ words }) => words)
    .sort();
}
const downOf = (...branches: readonly string[]): string[] =>
  branches.map((branch) => `branch down --branch ${branch}`);

// The v7 of these repositories is a stand-in that records what it is asked: git and the hook are the real ones.
describe("the hook reference-transaction", () => {
  beforeEach(async () => {
    haveBranchDatabases(repository.folder);
    await installHook(repository.folder);
  });

  function branches(...names: readonly string[]): void {
    names.forEach((name) => repository.git(["branch", name]));
  }

  it.each<[string, string[][], string[]]>([
    ["deleted", [["branch", "-d", "a"]], ["a"]],
    ["deleted by force", [["branch", "-D", "a"]], ["a"]],
    ["deleted with others at once", [["branch", "-D", "a", "b/c", "ünï"]], ["a", "b/c", "ünï"]],
    [
      "deleted once it is packed",
      [
        ["pack-refs", "--all"],
        ["branch", "-D", "a"],
      ],
      ["a"],
    ],
    ["deleted by update-ref", [["update-ref", "-d", "refs/heads/a"]], ["a"]],
    ["deleted by a push", [["push", "--quiet", ".", ":refs/heads/a"]], ["a"]],
  ])("takes down the database of a branch that is %s, once", async (_how, commands, gone) => {
    branches("a", "b/c", "ünï");
    commands.forEach((command) => repository.git(command));
    expect(await asked()).toEqual(downOf(...gone).sort());
    const log = readFileSync(join(repository.folder, ".v7", "branches", "hook.log"), "utf8");
    expect(log).toMatch(/^\d{4}-\S+Z branch \S+ is deleted$/m);
    expect(log.match(/^v7 was here$/gm)).toHaveLength(gone.length);
  });

  it("gives v7 nothing of what git told the hook of its own command", async () => {
    branches("a");
    repository.git(["branch", "-D", "a"]);
    await hooksHaveEnded(repository.folder);
    expect(repository.calls()).toEqual([{ words: "branch down --branch a", git: [] }]);
  });

  it.each<[string, string[][]]>([
    ["is renamed: its database is left to prune", [["branch", "-m", "a", "new"]]],
    [
      "is renamed while it is checked out",
      [
        ["checkout", "-q", "a"],
        ["branch", "-m", "new"],
      ],
    ],
    ["another is renamed over", [["branch", "-M", "b", "a"]]],
    [
      "is made anew by checkout -B",
      [
        ["checkout", "-q", "-B", "a"],
        ["checkout", "-qB", "a", "b"],
      ],
    ],
    ["is moved", [["branch", "-f", "a", "main"]]],
    ["is packed", [["pack-refs", "--all"]]],
    ["is there while git tidies up", [["gc", "--quiet", "--prune=now"]]],
    [
      "is deleted and there again when git ends",
      [
        ["branch", "-M", "a", "b"],
        ["branch", "a"],
      ],
    ],
    [
      "is checked out, and has no commit any more",
      [
        ["checkout", "-q", "a"],
        ["update-ref", "-d", "refs/heads/a"],
      ],
    ],
    [
      "is a tag's name",
      [
        ["tag", "a"],
        ["tag", "-d", "a"],
      ],
    ],
  ])("does nothing for a branch that %s", async (_what, commands) => {
    branches("a", "b");
    repository.git(["commit", "--quiet", "--allow-empty", "--message", "second"]);
    commands.forEach((command) => repository.git(command));
    expect(await asked()).toEqual([]);
  });

  it("does nothing for a remote's branches that are gone, which fetch --prune forgets", async () => {
    const clone = join(repository.folder, "..", "clone");
    branches("a");
    repository.git(["clone", "--quiet", repository.folder, clone]);
    haveBranchDatabases(clone);
    await installHook(clone);
    repository.git(["branch", "-D", "a"]);
    repository.git(["fetch", "--prune", "--quiet"], clone);
    await hooksHaveEnded(clone);
    expect(repository.git(["branch", "--remotes"], clone)).not.toContain("origin/a");
    expect(repository.calls(clone)).toEqual([]);
  });

  it("takes down what another worktree has made, and only where branches have databases", async () => {
    const [one, two] = ["one", "two"].map((name) => join(repository.folder, "..", name));
    repository.git(["worktree", "add", "--quiet", one ?? "", "-b", "one"]);
    repository.git(["worktree", "add", "--quiet", two ?? "", "-b", "two"]);
    haveBranchDatabases(one ?? "");
    repository.git(["branch", "a"], two);
    repository.git(["branch", "-D", "a"], two);
    expect(await asked()).toEqual(downOf("a"));
    expect(await asked(one)).toEqual(downOf("a"));
    expect(await asked(two)).toEqual([]);
  });

  it("leaves alone what stands in a state that others share", async () => {
    branches("a");
    const shared = { V7_BACKEND_URL: "s3://bucket" };
    repository.git(["branch", "-D", "a"], repository.folder, shared);
    expect(await asked()).toEqual([]);
  });

  it("does nothing where no branch has ever had a database, in a bare repository neither", async () => {
    const bare = join(repository.folder, "..", "bare");
    repository.git(["clone", "--quiet", "--bare", repository.folder, bare]);
    await installHook(bare);
    repository.git(["branch", "a"], bare);
    repository.git(["branch", "-D", "a"], bare);
    await hooksHaveEnded(bare);
    expect(existsSync(join(bare, ".v7"))).toBe(false);
    expect(repository.git(["branch"], bare)).toBe("* main\n");
  });

  it("neither fails git nor is heard of where v7 fails", async () => {
    branches("a");
    writeFileSync(join(repository.folder, "cli", "v7.cjs"), "throw new Error('broken');");
    expect(repository.git(["branch", "-D", "a"])).toMatch(/^Deleted branch a \(was \w+\)\.\n$/);
    await hooksHaveEnded(repository.folder);
    const log = readFileSync(join(repository.folder, ".v7", "branches", "hook.log"), "utf8");
    expect(log).toContain("Error: broken");
  });
});

describe("v7 branch hook", () => {
  it("opts in, says so, renews an older one, and opts out", async () => {
    const { folder } = repository;
    expect(await describeHook(folder)).toEqual({
      isDone: false,
      message: `not installed: no hook at ${file}`,
    });
    expect((await installHook(folder)).isDone).toBe(true);
    expect(statSync(file).mode & 0o777).toBe(0o755);
    expect(await describeHook(folder)).toEqual({ isDone: true, message: `installed: ${file}` });
    writeFileSync(file, `${readFileSync(file, "utf8")}# older\n`);
    expect((await describeHook(folder)).message).toContain("of another version");
    expect((await installHook(folder)).isDone).toBe(true);
    expect(readFileSync(file, "utf8")).not.toContain("# older");
    expect(await removeHook(folder)).toEqual({ isDone: true, message: `removed: ${file}` });
    expect(existsSync(file)).toBe(false);
    expect(await removeHook(folder)).toEqual({ isDone: true, message: "there is no hook" });
  });

  it("installs in the repository itself where a worktree asks", async () => {
    const worktree = join(repository.folder, "..", "worktree");
    repository.git(["worktree", "add", "--quiet", worktree]);
    expect((await installHook(worktree)).message).toContain(`installed: ${file}`);
  });

  /** Writes what the message says to add, as a hook of somebody else's, which writes down that it was run, too. */
  function addAsSaid(at: string, message: string): void {
    const [, hook = ""] = /:\n((?: {2}.*\n)+)/.exec(message) ?? [];
    const theirs = join(repository.folder, "theirs");
    writeFileSync(at, `${hook.replace(/^ {2}/gm, "")}\necho "$1" >> '${theirs}'\n`);
    chmodSync(at, 0o755);
  }

  it("leaves another's hook as it is, and what it says to add works beside it", async () => {
    const { folder } = repository;
    haveBranchDatabases(folder);
    writeFileSync(file, "#!/bin/sh\necho theirs\n");
    const { isDone, message } = await installHook(folder);
    expect(isDone).toBe(false);
    expect(readFileSync(file, "utf8")).toBe("#!/bin/sh\necho theirs\n");
    expect((await removeHook(folder)).isDone).toBe(false);
    expect((await describeHook(folder)).message).toContain("a hook that is not v7's");
    addAsSaid(file, message);
    repository.git(["branch", "a"]);
    repository.git(["branch", "-D", "a"]);
    expect(await asked()).toEqual(downOf("a"));
    expect(readFileSync(join(folder, "theirs"), "utf8")).toContain("committed");
  });

  it("writes nothing into a folder that core.hooksPath names, and what it says to add works there", async () => {
    const { folder } = repository;
    haveBranchDatabases(folder);
    const hooks = join(folder, "..", "hooks");
    mkdirSync(hooks);
    repository.git(["config", "core.hooksPath", hooks]);
    const { isDone, message } = await installHook(folder);
    expect(isDone).toBe(false);
    expect(existsSync(join(hooks, "reference-transaction"))).toBe(false);
    addAsSaid(join(hooks, "reference-transaction"), message);
    repository.git(["branch", "a"]);
    repository.git(["branch", "-D", "a"]);
    expect(await asked()).toEqual(downOf("a"));
  });

  it("says where there is no repository", async () => {
    const { code, message } = await faultOf(() => installHook(join(repository.folder, "..")));
    expect(code).toBe("COMMAND_INVALID");
    expect(message).toContain("not a git repository");
  });

  it("takes one flag at most", () => {
    const branch = new Command("branch")
      .exitOverride()
      .configureOutput({ writeErr: () => undefined });
    addHook(branch);
    const [hook] = branch.commands;
    hook?.exitOverride().configureOutput({ writeErr: () => undefined });
    expect(() => branch.parse(["hook", "--install", "--remove"], { from: "user" })).toThrow(
      "cannot be used with option '--remove'",
    );
  });

  it("is a script that every POSIX shell can read", () => {
    const source = join(__dirname, "..", "..", "..", "cli/branch/hooks/reference-transaction");
    const { status, stderr } = spawnSync("sh", ["-n", source], {
      env: { ...process.env, ...GIT_ENVIRONMENT },
      encoding: "utf8",
    });
    expect({ status, stderr }).toEqual({ status: 0, stderr: "" });
  });
});
