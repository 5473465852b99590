import { join } from "node:path";
import { parseAllowedSigners } from "../../runner/approval/allowedSigners";
import { readAllowedSigners, readRevocations } from "../../runner/approval/files";
import { readApprovalFacts, type ApprovalFacts } from "../../runner/approval/pinnedFacts";
import { trustInForce } from "../../runner/approval/trustInForce";
import type { Circumstances } from "../../runner/approval/verdict";
import { approvalPlaces, type ApprovalPlaces } from "../../runner/directive/approvalFolders";
import { bothRevocations, NO_REVOCATIONS } from "../../runner/history/revocations";
import type { PlanAction } from "../../runner/model";
import { withConnection } from "../../runner/postgres/connection";
import { readStackRequest } from "../request";

/** The options for the files by which approvals are judged. */
export interface JudgingFiles {
  readonly folder?: string;
  /** Default: allowed_signers in the folder. */
  readonly signers?: string;
}

export const FOLDER_DEFAULT = "by default the directives' own, sql/*/approvals";
export const NEW_DEFAULT = "by default sql/<the newest directive>/approvals";

/** The files that the options name; by default the directives' own, in the working directory. */
export function placesOf({ folder, signers }: JudgingFiles): ApprovalPlaces {
  const places =
    folder === undefined
      ? approvalPlaces(".")
      : { folders: [folder], newest: folder, allowedSigners: join(folder, "allowed_signers") };
  return signers === undefined ? places : { ...places, allowedSigners: signers };
}

/** The facts of a stack's database by which approvals are judged; without a stack only this machine's clock. */
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
 * The circumstances by which approvals are judged.
 *
 * @param plan default: each approval is judged for the plan that it names
 * @throws SIGNERS_INVALID, APPROVAL_FILE_INVALID (the revocation list)
 */
export function circumstancesOf(
  files: JudgingFiles,
  { now, usedNonces, pinned, revoked }: ApprovalFacts,
  plan?: { readonly planDigest: string; readonly action: PlanAction },
): Circumstances {
  const places = placesOf(files);
  const { allowedSigners } = trustInForce(pinned, revoked, plan?.action ?? "apply", () => ({
    allowedSigners: readAllowedSigners(places.allowedSigners),
    requiredApprovals: 1,
  }));
  return {
    ...plan,
    signers: parseAllowedSigners(allowedSigners),
    now,
    usedNonces,
    revoked: bothRevocations(revoked, readRevocations(places.folders)),
  };
}
