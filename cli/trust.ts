import { resolve } from "node:path";
import type { Command } from "commander";
import { CHECKOUT } from "../engine/paths";
import { changeTrust } from "../runner/actions/trust";
import { readAllowedSigners } from "../runner/approval/files";
import type { PinnedTrust } from "../runner/history/pinnedTrust";
import type { ParsedSettings } from "../runner/settings/stackSettings";
import { stackOption, wholeNumber } from "./options";
import { print } from "./print";
import { readStackRequest, runRequest } from "./request";
import { addKeys } from "./trust/keys";

const HELP = `
Make the plan with npx v7 plan --action trust and the same options, and have it signed by the
signers whom the database trusts now. From the next run on the new signers decide. With --vouch
the plan's signers vouch for every existing row of the history: rows from before the database was
protected, or of a version that stored no proofs, then do not count as drift.
npx v7 trust keys adds a person's public keys to the file of signers.

Exit codes:
  0  changed, or trusted already
  1  a fault; nothing was changed

Examples:
  npx v7 plan --stack prod --action trust --signers new_signers --required 2 --out trust.json
  npx v7 trust --stack prod --signers new_signers --required 2
`;

/** The options that define whom the database trusts. */
export interface TrustOptions {
  readonly signers?: string;
  readonly required?: number;
  readonly vouch?: true;
}

export function addTrust(program: Command): void {
  const trust = program
    .command("trust")
    .description("change whose approvals the database trusts, by an approved plan")
    .addOption(stackOption())
    .option("--signers <file>", "the new allowed signers; by default what v7:allowedSigners names")
    .option(
      "--required <number>",
      "how many must approve; by default v7:requiredApprovals",
      wholeNumber(1, 99),
    )
    .option("--vouch", "vouch for the history's existing rows, which may have no proof")
    .addHelpText("after", HELP)
    .action(async ({ stack, ...options }: TrustOptions & { stack: string }) => {
      const read = await readStackRequest(stack);
      const { historyHead } = await changeTrust({
        ...runRequest(read),
        trust: readTrust(options, read.settings),
        vouch: options.vouch === true,
      });
      print(
        historyHead === undefined
          ? "nothing to change: the database trusts these signers already"
          : `changed; history ${historyHead.slice(0, 16)}…  Run pulumi up, which records the new head`,
      );
    });
  addKeys(trust);
}

/**
 * The trust that the options and the settings define, with exactly the file's text.
 *
 * @throws SIGNERS_INVALID
 */
export function readTrust(options: TrustOptions, settings: ParsedSettings): PinnedTrust {
  const { signers, required } = options;
  const path = signers ?? resolve(CHECKOUT, settings.allowedSigners);
  return {
    allowedSigners: readAllowedSigners(path),
    requiredApprovals: required ?? settings.requiredApprovals,
    ...(settings.forbidSelfApproval ? { forbidSelfApproval: true } : {}),
  };
}
