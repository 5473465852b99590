import { spawnSync } from "node:child_process";
import { copyFileSync, cpSync, mkdirSync, realpathSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { findOnPath } from "../../../engine/command";
import {
  GIT_ENVIRONMENT,
  haveBranchDatabases,
  makeGitRepository,
  withoutGit,
  type GitRepository,
} from "../../support/gitRepository";

const SNIPPET = join(__dirname, "..", "..", "..", "cli", "branch", "shell.sh");
const URL = "postgresql://postgres:a-password@127.0.0.1:5433/postgres";
/** Every machine has the first two; the others are tried where they are, and are not one of these by another name. */
const SHELLS = ["sh", "bash", "dash", "zsh", "busybox"].filter((shell, index, all) => {
  const file = fileOf(shell);
  return index < 2 || (file !== undefined && !all.slice(0, index).map(fileOf).includes(file));
});

function fileOf(shell: string): string | undefined {
  const file = findOnPath(shell);
  return file === undefined ? undefined : realpathSync(file);
}

let repository: GitRepository;

beforeEach(() => {
  repository = makeGitRepository();
  copyFileSync(SNIPPET, prepared("cli/branch/shell.sh"));
  repository.git(["add", "."]);
  repository.git(["commit", "--quiet", "--message", "snippet"]);
  repository.git(["branch", "other"]);
  haveBranchDatabases(repository.folder);
  writeFileSync(prepared(".v7/url"), URL);
});
afterEach(() => {
  repository.remove();
});

function prepared(path: string, folder = repository.folder): string {
  mkdirSync(join(folder, path, ".."), { recursive: true });
  return join(folder, path);
}

/** What the shell prints of these lines, sourced snippet first; `show` says what a program would see that it starts. */
function run(
  shell: string,
  lines: readonly string[],
  environment: Record<string, string> = {},
): string {
  const script = [
    `show() { sh -c 'echo "\${DATABASE_URL-none}"'; }`,
    ". cli/branch/shell.sh",
    ...lines,
  ].join("\n");
  const words = shell === "busybox" ? ["busybox", "sh"] : [shell];
  const { stdout, stderr } = spawnSync(words[0] ?? "", [...words.slice(1), "-c", script], {
    cwd: repository.folder,
    env: { ...withoutGit(), ...GIT_ENVIRONMENT, ...environment },
    encoding: "utf8",
  });
  return stdout + stderr;
}
const out = (...lines: readonly string[]): string => lines.map((line) => `${line}\n`).join("");
const questions = (folder?: string): number => repository.calls(folder).length;

// The v7 of these repositories is a stand-in that says the URL that the test has written down; shells and git are real.
describe.each(SHELLS)("the snippet in %s", (shell) => {
  it("points DATABASE_URL at the branch's database, and takes it away where there is none", () => {
    const output = run(shell, [
      "show; v7_branch_database; show",
      "rm .v7/url; git checkout -q other; v7_branch_database; show",
    ]);
    expect(output).toBe(out("none", URL, "none"));
  });

  it("prints nothing by itself", () => {
    expect(run(shell, ["v7_branch_database", "git checkout -q other; v7_branch_database"])).toBe(
      "",
    );
  });

  it("puts back the user's own, and leaves alone what the user sets meanwhile", () => {
    const output = run(
      shell,
      [
        "v7_branch_database; show; cd ..; v7_branch_database; show",
        'cd "$OLDPWD"; v7_branch_database; export DATABASE_URL=mine; v7_branch_database; show',
        "cd ..; v7_branch_database; show",
      ],
      { DATABASE_URL: "before" },
    );
    expect(output).toBe(out(URL, "before", "mine", "mine"));
  });

  it("asks once a branch, not once a prompt, nor in a folder below", () => {
    const prompt = "v7_branch_database";
    run(shell, [prompt, prompt, "cd cli", prompt, prompt]);
    expect(questions()).toBe(1);
    run(shell, [prompt, "git checkout -q other", prompt, prompt]);
    expect(questions()).toBe(3);
  });

  it("asks again where a database was made or removed", () => {
    const other = URL.replace("5433", "5434");
    const output = run(shell, [
      "v7_branch_database; show",
      `printf %s '${other}' > .v7/url; touch .v7/branches/dev-other.json; v7_branch_database; show`,
      "rm .v7/url .v7/branches/*; v7_branch_database; show",
    ]);
    expect(output).toBe(out(URL, other, "none"));
    expect(questions()).toBe(2);
  });

  it("asks nothing where no branch has a database, or none is checked out", () => {
    const lines = ["git checkout -q --detach; v7_branch_database; show", "git checkout -q main"];
    const output = run(shell, [...lines, "rm -r .v7/branches; v7_branch_database; show"]);
    expect(output).toBe(out("none", "none"));
    expect(questions()).toBe(0);
  });

  it("knows the branch of a worktree, and asks that worktree's v7", () => {
    const worktree = join(repository.folder, "..", "work tree");
    repository.git(["worktree", "add", "--quiet", worktree, "other"]);
    haveBranchDatabases(worktree);
    const other = URL.replace("5433", "5434");
    writeFileSync(prepared(".v7/url", worktree), other);
    const output = run(shell, [
      "v7_branch_database; show; cd '../work tree/cli'; v7_branch_database; show",
      "git checkout -q --detach; v7_branch_database; show",
    ]);
    expect(output).toBe(out(URL, other, "none"));
    expect(questions(worktree)).toBe(1);
  });

  it("runs nothing of another repository", () => {
    const strange = join(repository.folder, "..", "strange");
    repository.git(["clone", "--quiet", repository.folder, strange]);
    haveBranchDatabases(strange);
    writeFileSync(prepared(".v7/url", strange), "strange");
    const output = run(shell, ["v7_branch_database; cd ../strange; v7_branch_database; show"]);
    expect(output).toBe(out("none"));
    expect(questions(strange)).toBe(0);
  });

  it("is right in a repository that is a submodule", () => {
    const above = join(repository.folder, "..", "above");
    repository.git(["init", "--quiet", above]);
    const add = ["-c", "protocol.file.allow=always", "submodule", "add", "--quiet"];
    repository.git([...add, repository.folder, "sub"], above);
    const sub = join(above, "sub");
    cpSync(prepared(".v7"), prepared(".v7", sub), { recursive: true });
    const output = run(shell, [
      `cd '${sub}'; . cli/branch/shell.sh; v7_branch_database; show; cd ..; v7_branch_database; show`,
    ]);
    expect(output).toBe(out(URL, "none"));
  });

  it("keeps the exit status, whatever the shell is strict about", () => {
    const output = run(shell, [
      "set -u",
      "false || v7_branch_database; echo $?",
      "(exit 7) || v7_branch_database || echo $?",
      "set -e; v7_branch_database; rm .v7/url; git checkout -q other; v7_branch_database; show",
    ]);
    expect(output).toBe(out("1", "7", "none"));
  });

  it("does not take the URL that a shell above has set for the user's own", () => {
    const words = shell === "busybox" ? "busybox sh" : shell;
    const inner = "cd ..; v7_branch_database; echo ${DATABASE_URL-none}";
    const nested = `${words} -c '. cli/branch/shell.sh; ${inner}'`;
    expect(run(shell, [`v7_branch_database; ${nested}`])).toBe(out("none"));
    expect(run(shell, [`v7_branch_database; ${nested}`], { DATABASE_URL: "own" })).toBe(out("own"));
  });

  it("fails nothing where git or node is missing", () => {
    const output = run(shell, ["PATH=/nowhere; v7_branch_database; echo ${DATABASE_URL-none}"]);
    expect(output).toBe(out("none"));
  });
});

describe("the snippet", () => {
  it.each(SHELLS.filter((shell) => ["bash", "zsh"].includes(shell)))(
    "is run before each prompt of %s, once, beside what was there",
    (shell) => {
      rmSync(prepared(".v7/calls"), { force: true });
      const input = [
        ". cli/branch/shell.sh; . ./cli/branch/shell.sh",
        "echo one=$DATABASE_URL",
        "git checkout -q other; rm .v7/url",
        "echo two=${DATABASE_URL-none}",
        "echo three=${THEIRS-}",
        "(exit 5)",
        "echo four=$?",
        "exit",
      ].join("\n");
      const theirs =
        shell === "bash" ? "PROMPT_COMMAND='THEIRS=there'" : "precmd() { THEIRS=there; }";
      const start = shell === "bash" ? ["--norc", "--noprofile", "-i"] : ["-f", "-i"];
      const { stdout } = spawnSync(shell, start, {
        cwd: repository.folder,
        env: { ...withoutGit(), ...GIT_ENVIRONMENT, HISTFILE: "/dev/null" },
        input: `${theirs}\n${input}\n`,
        encoding: "utf8",
      });
      const said = stdout.split("\n").filter((line) => /^(one|two|three|four)=/.test(line));
      expect(said).toEqual([`one=${URL}`, "two=none", "three=there", "four=5"]);
      expect(questions()).toBe(2);
    },
  );
});
