import { readCandidates, type Candidate } from "../../runner/approval/files";
import { MAX_LIFETIME_DAYS, parseApproval } from "../../runner/approval/record";
import type { Approval } from "../../runner/model";

/**
 * The limits of a rejection, as lines for the user: a checkout without its file can still run the plan, unless the plan is
 * revoked in the database.
 *
 * @param folders the approvals' folders
 * @param stack the stack's name in the plan's file, which may come from a stranger
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
  // Only a plain name goes into the command.
  const isName = /^[\w.-]+$/.test(stack);
  const found =
    copies.length === 0
      ? `Elsewhere, where that file is missing, other approvals still run this plan: an approval is valid for at most ${MAX_LIFETIME_DAYS} days.\n`
      : `Where that file is missing, copies of these approvals still run the plan:\n${copies.join("")}`;
  return `The file stops the plan in checkouts that have it, until ${rejection.expires}. ${found}To stop the plan everywhere and for ever: npx v7 revoke --stack ${isName ? stack : "STACK"} --plan ${rejection.plan}\n`;
}

function readApproval(candidate: Candidate): readonly Approval[] {
  try {
    return "problem" in candidate ? [] : [parseApproval(candidate.json)];
  } catch {
    // An unreadable file approves nothing.
    return [];
  }
}
