import type { Command } from "commander";
import {
  explainJudgement,
  judgeApprovals,
  type Judgement,
  verdictLine,
} from "../runner/approval/checkApprovals";
import { readCandidates } from "../runner/approval/files";
import { readPlanFile } from "../runner/approval/planFile";
import { judgeCandidate, type Verdict } from "../runner/approval/verdict";
import { formatTime } from "../runner/base/untrustedText";
import { visibleJson } from "../runner/base/visible";
import { addAdd } from "./approvals/add";
import {
  addJudging,
  askDatabase,
  circumstancesOf,
  nothingKnown,
  placesOf,
  termsOf,
  type JudgingFacts,
  type JudgingFiles,
} from "./approvals/judge";
import { jsonOption, wholeNumber } from "./options";
import { print } from "./print";

const CLOCK =
  "judged by this machine's clock and files; a run uses the database's clock, pinned signers, used nonces and revocations";

const DATABASE_CLOCK =
  "judged by the database's clock, pinned signers, used nonces and revocations, as at a run";

const HELP = `
With --plan, tells of each approval whether it counts for that plan, and whether together they allow it.
Without --plan each approval is judged for the plan that it names. With --stack approvals are
${DATABASE_CLOCK};
without it by this machine's clock and files.

Verdicts: valid, expired, notYetValid, used, revoked, wrongPlan, wrongAction, untrusted,
rejected, badSignature, malformed.

Exit codes:
  0  the plan is approved; without --plan: at least one approval is valid
  1  a fault
  3  no valid approval, too few, or rejected

Examples:
  npx v7 approvals --plan plan.json
  npx v7 approvals --plan plan.json --stack prod    # judged as the run will
`;

export interface ApprovalsOptions extends JudgingFiles {
  readonly plan?: string;
  readonly json?: boolean;
  readonly required: number;
  /** The stack whose database judges; default: none, judged by this machine's clock and files. */
  readonly stack?: string;
}

export function addApprovals(program: Command): void {
  const approvals = program
    .command("approvals")
    .enablePositionalOptions()
    .description("list the approvals and explain each: valid, expired, for another plan, …")
    .option("--plan <file>", "judge them for this plan");
  addJudging(approvals, "folder of the approvals; by default the directives' own, sql/*/approvals")
    .addOption(jsonOption())
    .option("--required <number>", "how many signers must approve", wholeNumber(1, 99), 1)
    .addHelpText("after", HELP)
    .action(async (options: ApprovalsOptions) => {
      const facts = await askDatabase(options.stack);
      const { text, isApproved } = await listApprovals(options, facts.now, facts);
      print(text);
      process.exitCode = isApproved ? 0 : 3;
    });
  addAdd(approvals);
}

/**
 * The list, as text or JSON, and whether the plan is approved; without a plan, whether any approval is valid.
 *
 * @throws PLAN_FILE_INVALID, SIGNERS_INVALID, APPROVAL_FILE_INVALID (the folder or the revocation list),
 *   SETTING_INVALID, SSH_KEYGEN_MISSING
 */
export async function listApprovals(
  options: ApprovalsOptions,
  now: Date,
  facts: JudgingFacts = nothingKnown(now),
): Promise<{ readonly text: string; readonly isApproved: boolean }> {
  const judgement =
    options.plan === undefined ? undefined : await judgeFor(options.plan, options, facts);
  const verdicts = judgement?.verdicts ?? (await judgeEach(options, facts));
  const isApproved = judgement?.satisfied ?? verdicts.some((one) => one.verdict === "valid");
  const text =
    options.json === true
      ? asJson(judgement, verdicts, now)
      : `${asText(judgement, verdicts, now)}\n(${options.stack === undefined ? CLOCK : DATABASE_CLOCK})`;
  return { text, isApproved };
}

async function judgeFor(
  plan: string,
  options: ApprovalsOptions,
  facts: JudgingFacts,
): Promise<Judgement> {
  const { plan: read, digest } = readPlanFile(plan);
  return await judgeApprovals({
    ...termsOf(options, facts, read.action, options.required),
    planDigest: digest,
    action: read.action,
    candidates: readCandidates(placesOf(options).folders),
  });
}

async function judgeEach(
  options: ApprovalsOptions,
  facts: JudgingFacts,
): Promise<readonly Verdict[]> {
  const circumstances = circumstancesOf(options, facts);
  const verdicts: Verdict[] = [];
  for (const candidate of readCandidates(placesOf(options).folders)) {
    verdicts.push(await judgeCandidate(candidate, circumstances));
  }
  return verdicts;
}

function asText(judgement: Judgement | undefined, verdicts: readonly Verdict[], now: Date): string {
  const title = `${verdicts.length} approval(s) at ${formatTime(now)}`;
  return judgement === undefined
    ? [title, ...verdicts.map(eachLine)].join("\n")
    : explainJudgement(judgement);
}

function eachLine(verdict: Verdict): string {
  const { approval } = verdict;
  const subject = approval === undefined ? "" : ` (${approval.action}, plan ${approval.plan})`;
  return `  ${verdictLine(verdict)}${subject}`;
}

function asJson(judgement: Judgement | undefined, verdicts: readonly Verdict[], now: Date): string {
  const whole =
    judgement === undefined
      ? {}
      : {
          plan: judgement.planDigest,
          action: judgement.action,
          satisfied: judgement.satisfied,
          refusal: judgement.refusal ?? null,
          counted: judgement.counted.map((one) => one.name),
        };
  return visibleJson({ ...whole, now: formatTime(now), approvals: verdicts }, 2);
}
