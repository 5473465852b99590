import { join } from "node:path";
import { parseAllowedSigners } from "../../runner/approval/allowedSigners";
import { readAllowedSigners, readRevocations } from "../../runner/approval/files";
import { readApprovalFacts, type ApprovalFacts } from "../../runner/approval/pinnedFacts";
import { trustInForce } from "../../runner/approval/trustInForce";
import type { Circumstances } from "../../runner/approval/verdict";
import { bothRevocations, NO_REVOCATIONS } from "../../runner/history/revocations";
import type { PlanAction } from "../../runner/model";
import { withConnection } from "../../runner/postgres/connection";
import { readStackRequest } from "../request";

/** Where the approvals of the directive lie, from the project's folder. */
export const APPROVALS_FOLDER = join("sql", "ad_005", "approvals");

/** Where the files are by which approvals are judged. */
export interface JudgingFiles {
  readonly folder: string;
  /** Default: allowed_signers in the folder. */
  readonly signers?: string;
}

/** What the stack's database knows; without a stack this machine's clock, and nothing known of any database. */
export async function askDatabase(stack: string | undefined): Promise<ApprovalFacts> {
  if (stack === undefined) {
    return nothingKnown(new Date());
  }
  const { request } = await readStackRequest(stack);
  return await withConnection(request.connection, readApprovalFacts, {
    applicationName: "v7 approvals",
  });
}

export function nothingKnown(now: Date): ApprovalFacts {
  return { now, usedNonces: new Set(), revoked: NO_REVOCATIONS, pinned: undefined };
}

/**
 * What an approval is judged by.
 *
 * @param plan left out, each is judged as for the plan that it names
 * @throws SIGNERS_INVALID, APPROVAL_FILE_INVALID (the revocation list)
 */
export function circumstancesOf(
  files: JudgingFiles,
  { now, usedNonces, pinned, revoked }: ApprovalFacts,
  plan?: { readonly planDigest: string; readonly action: PlanAction },
): Circumstances {
  const { allowedSigners } = trustInForce(pinned, revoked, plan?.action ?? "apply", () => ({
    allowedSigners: signersOf(files),
    requiredApprovals: 1,
  }));
  return {
    ...plan,
    signers: parseAllowedSigners(allowedSigners),
    now,
    usedNonces,
    revoked: bothRevocations(revoked, readRevocations(files.folder)),
  };
}

/** @throws SIGNERS_INVALID */
export function signersOf({ signers, folder }: JudgingFiles): string {
  return readAllowedSigners(signers ?? join(folder, "allowed_signers"));
}
