import { join, resolve } from "node:path";
import type { Command } from "commander";
import { CHECKOUT } from "../../engine/paths";
import { parseAllowedSigners } from "../../runner/approval/allowedSigners";
import type { ApprovalRules } from "../../runner/approval/authorize";
import type { JudgeArgs } from "../../runner/approval/checkApprovals";
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

export const NEW_DEFAULT = "by default sql/<the newest directive>/approvals";

/** Adds the options for the files, and for the stack whose database judges instead of this machine's clock and files. */
export function addJudging(command: Command, folder: string): Command {
  return command
    .option(
      "--stack <name>",
      "use this stack's settings, and its database's clock, signers, used nonces and revocations",
    )
    .option("--folder <folder>", folder)
    .option(
      "--signers <file>",
      "the allowed signers; by default the stack's, else allowed_signers beside the approvals",
    );
}

/** The files that the options name; by default the directives' own, in the working directory. */
export function placesOf({ folder, signers }: JudgingFiles): ApprovalPlaces {
  const places =
    folder === undefined
      ? approvalPlaces(".")
      : { folders: [folder], newest: folder, allowedSigners: join(folder, "allowed_signers") };
  return signers === undefined ? places : { ...places, allowedSigners: signers };
}

/** What approvals are judged by: the facts of a database, and the rules of its stack. */
export interface JudgingFacts extends ApprovalFacts {
  /** By the stack's settings; absent without a stack. */
  readonly rules?: Pick<ApprovalRules, "allowedSigners" | "requiredApprovals">;
}

/** The facts of a stack's database and its rules; without a stack only this machine's clock. */
export async function askDatabase(stack: string | undefined): Promise<JudgingFacts> {
  if (stack === undefined) {
    return nothingKnown(new Date());
  }
  const { request, rules } = await readStackRequest(stack);
  const options = { applicationName: "v7 approvals" };
  const facts = await withConnection(request.connection, readApprovalFacts, options);
  return { ...facts, rules: { ...rules, allowedSigners: resolve(CHECKOUT, rules.allowedSigners) } };
}

export function nothingKnown(now: Date): ApprovalFacts {
  return { now, usedNonces: new Set(), revoked: NO_REVOCATIONS, pinned: undefined };
}

/** What approvals of plans of this action must fulfil, and how many are required. */
type Terms = Pick<
  JudgeArgs,
  "allowedSigners" | "requiredApprovals" | "now" | "usedNonces" | "revoked"
>;

/**
 * By the files that the options name, else the stack's rules, and what is known of a database.
 *
 * @param least how many signers must approve at least
 * @throws SIGNERS_INVALID, APPROVAL_FILE_INVALID (the revocation list)
 */
export function termsOf(
  files: JudgingFiles,
  { now, usedNonces, pinned, revoked, rules }: JudgingFacts,
  action: PlanAction,
  least: number,
): Terms {
  const places = placesOf(files);
  const isNamed = (files.signers ?? files.folder) !== undefined;
  const signers = isNamed ? undefined : rules?.allowedSigners;
  const required = Math.max(least, rules?.requiredApprovals ?? 1);
  const { allowedSigners, requiredApprovals } = trustInForce(pinned, revoked, action, () => ({
    allowedSigners: readAllowedSigners(signers ?? places.allowedSigners),
    requiredApprovals: required,
  }));
  return {
    allowedSigners,
    requiredApprovals: Math.max(required, requiredApprovals),
    now,
    usedNonces,
    revoked: bothRevocations(revoked, readRevocations(places.folders)),
  };
}

/**
 * The circumstances by which a single approval is judged.
 *
 * @param plan default: each approval is judged for the plan that it names
 * @throws SIGNERS_INVALID, APPROVAL_FILE_INVALID (the revocation list)
 */
export function circumstancesOf(
  files: JudgingFiles,
  facts: JudgingFacts,
  plan?: { readonly planDigest: string; readonly action: PlanAction },
): Circumstances {
  const terms = termsOf(files, facts, plan?.action ?? "apply", 1);
  return { ...plan, ...terms, signers: parseAllowedSigners(terms.allowedSigners) };
}
