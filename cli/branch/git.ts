import { run } from "../../engine/command";
import { CHECKOUT } from "../../engine/paths";
import { fault } from "../../runner/base/fault";

/** Git's own limit is the length of a file name; the same limit applies to names of --branch. */
const NAME_LENGTH = 250;

/**
 * The branch that the command line names, else the one that is checked out.
 *
 * The name may be unknown in this clone, because CI checks out commits.
 *
 * @throws COMMAND_INVALID where none is checked out, or for a name that no branch can have
 */
export async function chosenBranch(named: string | undefined): Promise<string> {
  const branch = named ?? (await checkedOutBranch());
  // eslint-disable-next-line no-control-regex
  if (branch.trim() === "" || branch.length > NAME_LENGTH || /[\u0000-\u001f\u007f]/.test(branch)) {
    throw fault("COMMAND_INVALID", {
      what: "looking for the branch",
      found: `a name of ${branch.length} characters${branch.trim() === "" ? ", all of them spaces" : ""}`,
      expected: `1 to ${NAME_LENGTH} characters, none of them a control character`,
      remedy: "Correct --branch",
    });
  }
  return branch;
}

/** The branches of this clone and, as last fetched, of its remotes; undefined without git. */
export async function existingBranches(): Promise<ReadonlySet<string> | undefined> {
  const own = await git(["for-each-ref", "--format=%(refname:lstrip=2)", "refs/heads"]);
  const remote = await git(["for-each-ref", "--format=%(refname:lstrip=3)", "refs/remotes"]);
  if (own === undefined || remote === undefined) {
    return undefined;
  }
  return new Set([...lines(own), ...lines(remote)]);
}

/** The branches that are checked out in the worktrees of this clone. */
export async function checkedOutBranches(): Promise<ReadonlySet<string>> {
  const listed = await git(["worktree", "list", "--porcelain"]);
  const prefix = "branch refs/heads/";
  return new Set(
    lines(listed ?? "")
      .filter((line) => line.startsWith(prefix))
      .map((line) => line.slice(prefix.length)),
  );
}

async function checkedOutBranch(): Promise<string> {
  const name = (await git(["symbolic-ref", "--quiet", "--short", "HEAD"]))?.trim() ?? "";
  if (name === "") {
    throw fault("COMMAND_INVALID", {
      what: "looking for the branch that is checked out",
      found: "none: a detached HEAD, or no git",
      remedy: "Check a branch out, or name one: --branch NAME",
    });
  }
  return name;
}

/** Git's standard output; undefined where git fails or is missing. */
async function git(args: readonly string[]): Promise<string | undefined> {
  const { code, output } = await run("git", args, { folder: CHECKOUT });
  return code === 0 ? output : undefined;
}

function lines(text: string): string[] {
  return text.split("\n").filter((line) => line !== "");
}
