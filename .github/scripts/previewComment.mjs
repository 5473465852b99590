/**
 * The comment on a pull request, made of what `npx v7 plan` and `pulumi preview` left in a folder: plan.txt and
 * preview.txt, what they printed, and plan.md, the packet, where there is one. Its first line marks it, so that the next
 * run finds it.
 */
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";

/** GitHub takes 65,536 characters; a comment that is longer is none. */
const LONGEST = 60_000;
/** Of each of the two texts, so that there is room for the packet. */
const LONGEST_TEXT = 14_000;

const [folder = "."] = process.argv.slice(2);
const { RUN_URL: run = "", COMMIT: commit = "" } = process.env;

function textOf(name) {
  const file = join(folder, name);
  // The colours of a terminal would be shown as letters.
  const text = existsSync(file)
    ? // eslint-disable-next-line no-control-regex
      readFileSync(file, "utf8").replace(/\u001b\[[0-9;]*[A-Za-z]/g, "")
    : "It did not run.";
  return text.length > LONGEST_TEXT
    ? `… the first ${text.length - LONGEST_TEXT} characters are in the run's artifact\n${text.slice(-LONGEST_TEXT)}`
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

function details(summary, text) {
  return [`<details><summary>${summary}</summary>`, "", text, "", "</details>", ""];
}

/** The packet whole, or where it is: half of one would mislead. */
function packet(room) {
  const file = join(folder, "plan.md");
  if (!existsSync(file)) {
    return [];
  }
  const text = readFileSync(file, "utf8").trimEnd();
  return text.length < room
    ? details("The packet for The Architect", text)
    : [
        "The packet for The Architect is too long for a comment: `plan.md` and `plan.html` in the artifact.",
        "",
      ];
}

const head = [
  "<!-- v7 preview of prod -->",
  `### Preview of prod, ${commit.slice(0, 12)}`,
  "",
  headline,
  "",
  fenced(plan),
  "",
];
const foot = [
  ...details("pulumi preview, with the policy pack", fenced(textOf("preview.txt"))),
  "Made by a login that may only read, without the stack's state: existing roles and grants are listed as new, and a",
  `pre-check may speak of that login. The plan's file is in the artifact \`preview\` of [this run](${run}).`,
  "How to approve it: docs/runbook.md.",
  "",
];
const room = LONGEST - [...head, ...foot].join("\n").length;
process.stdout.write([...head, ...packet(room), ...foot].join("\n"));
