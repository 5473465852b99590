import { existsSync } from "node:fs";
import { resolve } from "node:path";
import type { Command } from "commander";
import { CHECKOUT } from "../engine/paths";
import { changeTrust } from "../runner/actions/trust";
import { parseAllowedSigners } from "../runner/approval/allowedSigners";
import { readAllowedSigners } from "../runner/approval/files";
import { allowedSignersLine, signersFromKeys } from "../runner/approval/publicKeys";
import { replaceFile } from "../runner/base/replaceFile";
import type { PinnedTrust } from "../runner/history/pinnedTrust";
import type { ParsedSettings } from "../runner/settings/stackSettings";
import { placesOf } from "./approvals/judge";
import { stackOption, wholeNumber } from "./options";
import { print } from "./print";
import { readStackRequest, runRequest } from "./request";

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

const KEYS_HELP = `
Reads a person's public keys from a file, one key a line without a name (as in
https://github.com/USER.keys), or from a .pub file. Shows each key's fingerprint and adds a line for it
to the allowed signers. Whoever serves such a file can add keys to it: keep only the lines of keys that
the person signs with, and compare their fingerprints with that person. Uses no network. A database with
pinned signers trusts these until npx v7 trust changes them.

Exit codes:
  0  added, or there already
  1  a fault; nothing was written

Example:
  npx v7 trust keys alice.keys --name alice
`;

interface KeysOptions {
  readonly name: string;
  readonly out?: string;
}

function addKeys(trust: Command): void {
  trust
    .command("keys")
    .description("add a person's public keys to a file of allowed signers")
    .argument("<file>", "public keys, one a line: github.com/<user>.keys, or a .pub file")
    .requiredOption("--name <name>", "the person's name as a signer")
    .option("--out <file>", "the allowed signers; by default the file beside the approvals")
    .addHelpText("after", KEYS_HELP)
    .action((file: string, options: KeysOptions) => {
      print(trustKeys(file, options));
    });
}

/**
 * Adds a line for each key to the allowed signers, unless the key is already there under that name.
 *
 * @returns the message for the user
 * @throws SIGNERS_INVALID where the file has no keys, or a key belongs to somebody else; nothing is written then
 */
export function trustKeys(file: string, { name, ...options }: KeysOptions): string {
  const { out = placesOf({}).allowedSigners } = options;
  const signers = signersFromKeys(readAllowedSigners(file), name);
  const before = existsSync(out) ? readAllowedSigners(out) : "";
  const known = /^[^#\n]/m.test(before) ? parseAllowedSigners(before) : [];
  const added = signers.filter(
    (signer) =>
      !known.some((one) => one.principal === name && one.fingerprint === signer.fingerprint),
  );
  if (added.length > 0) {
    const lines = [before.trimEnd(), ...added.map(allowedSignersLine), ""];
    const content = lines.join("\n").trimStart();
    parseAllowedSigners(content);
    replaceFile(out, content);
  }
  return [
    ...signers.map((signer) => {
      const [type = ""] = signer.publicKey.split(" ");
      return `${signer.fingerprint}  ${name}, ${type}${added.includes(signer) ? "" : ", there already"}`;
    }),
    added.length === 0 ? `nothing to add to ${out}` : `wrote ${added.length} to ${out}`,
    `Compare each fingerprint with what ${name} reads from ssh-keygen -lf KEY.pub, over another channel than the keys came by.`,
  ].join("\n");
}
