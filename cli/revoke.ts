import type { Command } from "commander";
import { revoke } from "../runner/actions/revoke";
import { kindOfRevoked } from "../runner/approval/record";
import { fault } from "../runner/base/fault";
import { isPlainText, quoteUntrusted } from "../runner/base/untrustedText";
import type { Revocation } from "../runner/history/revocations";
import { jsonOption, stackOption } from "./options";
import { printAnswer } from "./print";
import { readStackRequest, runRequest } from "./request";

const HELP = `
Writes a revocation into the history of the stack's database. No file of a repository overrides it,
and it cannot be undone: to go on, make another plan or use another key. It needs the stack's login and
no approval. It waits for a run in progress and does not stop it.

  --nonce  revokes one approval, or one rejection, which then no longer counts
  --key    revokes every approval by that key, whenever it was signed
  --plan   revokes the plan, whoever approves it

Exit codes:
  0  revoked, or revoked already
  1  a fault; nothing was written

Examples:
  npx v7 revoke --stack prod --plan DIGEST --reason "locks file_audit at noon"
  npx v7 revoke --stack prod --key SHA256:FINGERPRINT --reason "laptop lost"
`;

export interface RevokeOptions {
  readonly nonce?: string;
  readonly key?: string;
  readonly plan?: string;
  readonly reason: string;
}

export function addRevoke(program: Command): void {
  program
    .command("revoke")
    .description("revoke an approval, a key or a plan, in the database and for ever")
    .addOption(stackOption())
    .option("--nonce <nonce>", "an approval's nonce, as its file and npx v7 approvals name it")
    .option("--key <fingerprint>", "a key's fingerprint: SHA256:…")
    .option("--plan <digest>", "a plan's digest")
    .option("--reason <text>", "one line to be recorded with it", "")
    .addOption(jsonOption())
    .addHelpText("after", HELP)
    .action(async ({ stack, json, ...options }: RevokeOptions & { stack: string; json?: true }) => {
      const revoked = readRevocation(options);
      const request = runRequest(await readStackRequest(stack));
      const result = await revoke({ ...request, revoked, reason: options.reason });
      const state = result.isNew ? "is revoked" : "was revoked already";
      printAnswer(json, { stack, ...revoked, ...result }, () => [
        `the ${revoked.kind} ${revoked.value} ${state}; history ${result.historyHead.slice(0, 16)}…`,
      ]);
    });
}

/**
 * What the options revoke: exactly one thing, in the spelling of approvals; another spelling would revoke nothing.
 *
 * @throws COMMAND_INVALID
 */
export function readRevocation({ nonce, key, plan, reason }: RevokeOptions): Revocation {
  const given = Object.entries({ nonce, key, plan }).filter(([, value]) => value !== undefined);
  const [kind = "", value = ""] = given[0] ?? [];
  if (given.length !== 1 || kindOfRevoked(value) !== kind || !isPlainText(reason, 1000)) {
    throw fault("COMMAND_INVALID", {
      what: "reading the options of npx v7 revoke",
      found:
        given.length === 1
          ? `--${kind} ${quoteUntrusted(value)}, --reason ${quoteUntrusted(reason)}`
          : `${given.length} of --nonce, --key and --plan`,
      expected:
        "one of --nonce (32 lower-case hexadecimal digits), --key (SHA256:…) and --plan (64 digits); a reason of one line",
      remedy: "Correct them; npx v7 approvals names nonces and keys, a packet the plan's digest",
    });
  }
  return { kind, value };
}
