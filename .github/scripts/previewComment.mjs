/**
 * The comment on a pull request, made of what `npx v7 plan` and `pulumi preview` printed into a folder: plan.txt,
 * preview.txt, and plan.json where there is something to run. Its first line marks it, so that the next run finds it.
 */
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";

/** GitHub takes 65,536 characters; a comment that is longer is none. */
const LONGEST = 28_000;

const [folder = "."] = process.argv.slice(2);
const { RUN_URL: run = "", COMMIT: commit = "" } = process.env;

function textOf(name) {
  const file = join(folder, name);
  // The colours of a terminal would be shown as letters.
  const text = existsSync(file)
    ? // eslint-disable-next-line no-control-regex
      readFileSync(file, "utf8").replace(/\u001b\[[0-9;]*[A-Za-z]/g, "")
    : "It did not run.";
  return text.length > LONGEST
    ? `… the first ${text.length - LONGEST} characters are in the run's artifact\n${text.slice(-LONGEST)}`
    : text;
}

/** A fence that nothing in the text can close. */
function fenced(text) {
  const longest = Math.max(2, ...[...text.matchAll(/`+/g)].map(([ticks]) => ticks.length));
  const fence = "`".repeat(longest + 1);
  return `${fence}text\n${text.trimEnd()}\n${fence}`;
}

const plan = textOf("plan.txt");
const [, digest] = /^plan digest ([0-9a-f]{64})$/m.exec(plan) ?? [];
const isNothing = plan.startsWith("nothing to run");
const headline =
  digest !== undefined
    ? `Merged, this needs an approval of the plan **\`${digest}\`**.`
    : isNothing
      ? "Merged, this runs nothing on the database."
      : "There is no plan: see below.";

process.stdout.write(
  [
    "<!-- v7 preview of prod -->",
    `### Preview of prod, ${commit.slice(0, 12)}`,
    "",
    headline,
    "",
    fenced(plan),
    "",
    "<details><summary>pulumi preview, with the policy pack</summary>",
    "",
    fenced(textOf("preview.txt")),
    "",
    "</details>",
    "",
    "Made by a login that may only read, without the stack's state: roles and grants that stand are listed as new, and a",
    `pre-check may speak of that login. The plan's file is in the artifact \`preview\` of [this run](${run}).`,
    "How to approve it: docs/approvals.md.",
    "",
  ].join("\n"),
);
