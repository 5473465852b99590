import { existsSync } from "node:fs";
import type { Command } from "commander";
import { parseAllowedSigners } from "../../runner/approval/allowedSigners";
import { readAllowedSigners } from "../../runner/approval/files";
import { allowedSignersLine, signersFromKeys } from "../../runner/approval/publicKeys";
import { replaceFile } from "../../runner/base/replaceFile";
import { placesOf } from "../approvals/judge";
import { print } from "../print";

const HELP = `
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

export function addKeys(trust: Command): void {
  trust
    .command("keys")
    .description("add a person's public keys to a file of allowed signers")
    .argument("<file>", "public keys, one a line: github.com/<user>.keys, or a .pub file")
    .requiredOption("--name <name>", "the person's name as a signer")
    .option("--out <file>", "the allowed signers; by default the file beside the approvals")
    .addHelpText("after", HELP)
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
