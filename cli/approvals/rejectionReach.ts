import { readCandidates, type Candidate } from "../../runner/approval/files";
import { MAX_LIFETIME_DAYS, parseApproval } from "../../runner/approval/record";
import type { Approval } from "../../runner/model";

/**
 * How far a rejection reaches, as lines: a file can be left out, or put back; what the database has revoked cannot.
 *
 * @param folders where approvals lie
 * @param stack as somebody's file names it, where it is known
 */
export function rejectionReach(
  rejection: Approval,
  folders: readonly string[],
  stack = "",
): string {
  const copies = readCandidates(folders)
    .flatMap(readApproval)
    .filter(({ plan, decision }) => plan === rejection.plan && decision === "approved")
    .filter(({ expires }) => Date.parse(expires) > Date.parse(rejection.issued))
    .map(({ approver, nonce, expires }) => `  ${approver}'s, nonce ${nonce}, until ${expires}\n`);
  // A plan's file is a stranger's: nothing of it goes into a command that is not plainly a name.
  const isName = /^[\w.-]+$/.test(stack);
  const found =
    copies.length === 0
      ? `Approvals of this plan that lie elsewhere still run it where that file is not: an approval holds for at most ${String(MAX_LIFETIME_DAYS)} days.\n`
      : `Where that file is not, copies of these approvals still run the plan:\n${copies.join("")}`;
  return `The file stops the plan where it lies, until ${rejection.expires}. ${found}This stops the plan now, and for ever: npx v7 revoke --stack ${isName ? stack : "STACK"} --plan ${rejection.plan}\n`;
}

function readApproval(candidate: Candidate): readonly Approval[] {
  try {
    return "problem" in candidate ? [] : [parseApproval(candidate.json)];
  } catch {
    // What nobody can read allows nothing.
    return [];
  }
}
