import {
  chmodSync,
  existsSync,
  mkdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { dirname, join, resolve } from "node:path";
import { Option, type Command } from "commander";
import { run } from "../../engine/command";
import { shellQuote } from "../../engine/environment";
import { CHECKOUT } from "../../engine/paths";
import { fault } from "../../runner/base/fault";
import { print } from "../print";

/** The hook as the checkout has it. */
const SOURCE = join(CHECKOUT, "cli", "branch", "hooks", "reference-transaction");
/** A line that every version of the hook has, and no hook of anybody else. */
const MARK = "# The hook of v7: ";

/** What came of it, and whether it is what was asked for. */
export interface HookResult {
  readonly isDone: boolean;
  readonly message: string;
}

const HELP = `
docs/branches.md says what the hook leaves alone. Another's hook is never written over.

Exit codes:
  0  done; without a flag: it is installed
  1  a fault that the message names
  3  not done, the message says why and what to add by hand; without a flag: it is not installed

Examples:
  npx v7 branch hook --install
  npx v7 branch hook --remove
`;

/** `v7 branch hook`: whether git removes a branch's database with the branch; opts in and out of it. */
export function addHook(branch: Command): void {
  branch
    .command("hook")
    .description(
      "let git remove the database of a branch that it deletes; without a flag, say whether it does",
    )
    .addOption(new Option("--install", "opt in, in this repository").conflicts("remove"))
    .addOption(new Option("--remove", "opt out"))
    .addHelpText("after", HELP)
    .action(async ({ install, remove }: { install?: true; remove?: true }) => {
      const act = install === true ? installHook : remove === true ? removeHook : describeHook;
      const { isDone, message } = await act();
      print(message);
      process.exitCode = isDone ? 0 : 3;
    });
}

/**
 * Puts the hook where git looks, or brings the one that is there up to date. Refuses where a hook of somebody else is, or
 * where core.hooksPath names a folder, which other repositories may share: then it says what to add by hand.
 *
 * It is copied, not linked: else another's branch that is checked out would bring its own hook along.
 */
export async function installHook(folder: string = CHECKOUT): Promise<HookResult> {
  const { file, hooksPath } = await findHook(folder);
  const state = stateOf(file);
  if (state === "another's" || (hooksPath !== undefined && state === "none")) {
    return { isDone: false, message: whatToAdd(file, hooksPath) };
  }
  mkdirSync(dirname(file), { recursive: true });
  // Git may run it at any moment: it is whole, or not there.
  const whole = `${file}.v7-${String(process.pid)}`;
  writeFileSync(whole, readFileSync(SOURCE));
  chmodSync(whole, 0o755);
  renameSync(whole, file);
  return {
    isDone: true,
    message: `installed: ${file}\nA branch that git deletes takes its database with it.`,
  };
}

/** Takes the hook away where it is ours. */
export async function removeHook(folder: string = CHECKOUT): Promise<HookResult> {
  const { file } = await findHook(folder);
  switch (stateOf(file)) {
    case "ours":
      rmSync(file);
      return { isDone: true, message: `removed: ${file}` };
    case "another's":
      return {
        isDone: false,
        message: `${file} is not v7's, and is left as it is. Take out of it by hand what was added for v7.`,
      };
    case "none":
      return { isDone: true, message: "there is no hook" };
  }
}

/** Says whether the hook is there, and whether it is that of this checkout. */
export async function describeHook(folder: string = CHECKOUT): Promise<HookResult> {
  const { file } = await findHook(folder);
  const state = stateOf(file);
  if (state !== "ours") {
    const found = state === "none" ? "no hook" : "a hook that is not v7's";
    return { isDone: false, message: `not installed: ${found} at ${file}` };
  }
  const isSame = readFileSync(file).equals(readFileSync(SOURCE));
  const age = isSame ? "" : ", of another version; npx v7 branch hook --install renews it";
  return { isDone: true, message: `installed: ${file}${age}` };
}

type HookState = "none" | "ours" | "another's";

function stateOf(file: string): HookState {
  if (!existsSync(file)) {
    return "none";
  }
  return readFileSync(file, "utf8").includes(MARK) ? "ours" : "another's";
}

/** Where git looks for the hook, in a worktree or a submodule too. */
async function findHook(folder: string): Promise<{ file: string; hooksPath: string | undefined }> {
  const asked = ["rev-parse", "--git-path", "hooks/reference-transaction"];
  const found = await run("git", asked, { folder });
  if (found.code !== 0) {
    throw fault("COMMAND_INVALID", {
      what: `looking for git's hooks in "${folder}"`,
      found: found.errors.trim().split("\n")[0] ?? "",
      expected: "a git repository",
      remedy: "Run this in a clone of the repository, with git on PATH",
    });
  }
  const configured = await run("git", ["config", "--get", "core.hooksPath"], { folder });
  const hooksPath = configured.output.trim();
  return {
    file: resolve(folder, found.output.trim()),
    hooksPath: hooksPath === "" ? undefined : hooksPath,
  };
}

function whatToAdd(file: string, hooksPath: string | undefined): string {
  const why = existsSync(file)
    ? `${file} is a hook of somebody else, and is left as it is. To opt in, let it pass on its words and what it reads:`
    : `core.hooksPath is ${hooksPath ?? ""}, which other repositories may share: nothing was written. To opt in, make ${file}, executable:`;
  return [
    why,
    "  #!/bin/sh",
    "  read_once=$(cat)",
    `  printf '%s\\n' "$read_once" | ${shellQuote(SOURCE)} "$@"`,
    "To opt out, take the last line out of it again.",
  ].join("\n");
}
