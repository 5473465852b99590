import type { Command } from "commander";
import { readOnce, SMALL_FILE_BYTES, writeApproval } from "../../runner/approval/files";
import { readPastedApproval } from "../../runner/approval/pastedApproval";
import { readPlanFile } from "../../runner/approval/planFile";
import { approvalName } from "../../runner/approval/record";
import { codeOf } from "../../runner/approval/refusal";
import { judgeCandidate, type Verdict } from "../../runner/approval/verdict";
import { fault } from "../../runner/base/fault";
import { InvalidApprovalText } from "../../runner/base/untrustedText";
import { print, printAside } from "../print";
import {
  addJudging,
  askDatabase,
  circumstancesOf,
  NEW_DEFAULT,
  placesOf,
  type JudgingFacts,
  type JudgingFiles,
} from "./judge";
import { rejectionReach } from "./rejectionReach";

const HELP = `
Adds an approval that was signed with OpenSSH alone: the text that the packet's second command
printed, with the approval and its signature. Reads a file or standard input; changed line ends and text
around it (of a terminal, of a mail) are ignored. A signer's two files work too: cat NAME.json
NAME.json.sig. An approval that would not count is refused. Otherwise writes both files, as npx v7
approve does. Commit both.

Exit codes:
  0  added: an approval, or a rejection
  1  a fault; nothing was written

Examples:
  npx v7 approvals add approval.txt --plan plan.json
  npx v7 approvals add --stack prod < approval.txt    # judged as the run will
`;

export interface AddOptions extends JudgingFiles {
  readonly plan?: string;
  readonly stack?: string;
}

export function addAdd(approvals: Command): void {
  const add = approvals
    .command("add")
    .description("add an approval or a rejection that was signed with OpenSSH alone")
    .argument("[file]", "the text; by default standard input")
    .option("--plan <file>", "refuse an approval of another plan");
  addJudging(add, `folder of the two files; ${NEW_DEFAULT}`)
    .addHelpText("after", HELP)
    .action(async (file: string | undefined, options: AddOptions) => {
      const text =
        file === undefined ? await readInput() : wellFormed(() => readOnce(file, SMALL_FILE_BYTES));
      print(await addApproval(text, options, await askDatabase(options.stack)));
    });
}

/**
 * Judges the approval in a text and writes its two files.
 *
 * @returns the message for the user
 * @throws the verdict's code where the approval would not count; PLAN_FILE_INVALID, SIGNERS_INVALID, SSH_KEYGEN_MISSING;
 *   nothing is written then
 */
export async function addApproval(
  text: Uint8Array,
  options: AddOptions,
  facts: JudgingFacts,
): Promise<string> {
  const read = options.plan === undefined ? undefined : readPlanFile(options.plan);
  const circumstances = circumstancesOf(
    options,
    facts,
    read && { planDigest: read.digest, action: read.plan.action },
  );
  const pasted = wellFormed(() => readPastedApproval(text));
  const judged = await judgeCandidate({ name: "the text", ...pasted }, circumstances);
  const { verdict, reason, approval } = judged;
  if (approval === undefined || (verdict !== "valid" && verdict !== "rejected")) {
    throw refused(verdict, reason);
  }
  const { folders, newest } = placesOf(options);
  const path = writeApproval(newest, approvalName(approval), pasted.json, pasted.signature);
  const reach = verdict === "rejected" ? rejectionReach(approval, folders, read?.plan.stack) : "";
  return `${verdict}: ${reason}\n${approval.action}, plan ${approval.plan}\nwrote ${path} and ${path}.sig\n${reach}`.trimEnd();
}

/** What `read` gives. A text that is no approval is refused as malformed. */
function wellFormed<T>(read: () => T): T {
  try {
    return read();
  } catch (error) {
    throw error instanceof InvalidApprovalText ? refused("malformed", error.message) : error;
  }
}

/** Reads standard input, and stops where it is longer than an approval's text may be. */
async function readInput(): Promise<Buffer> {
  if (process.stdin.isTTY) {
    printAside("Paste what was signed, then press Ctrl-D:");
  }
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of process.stdin as AsyncIterable<Buffer>) {
    chunks.push(chunk);
    length += chunk.length;
    if (length > SMALL_FILE_BYTES) {
      throw refused("malformed", `more than ${SMALL_FILE_BYTES / 1024} KiB`);
    }
  }
  return Buffer.concat(chunks);
}

function refused(verdict: Verdict["verdict"], reason: string): Error {
  return fault(codeOf(verdict), {
    what: "adding an approval that was signed elsewhere",
    found: `an approval that would not count (${verdict}): ${reason}`,
    expected: "an approval of this plan by a trusted signer, unused and in its time",
    remedy:
      "Nothing was written. Have the plan's packet signed again, and hand over the whole text",
  });
}
