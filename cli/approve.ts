import { createInterface } from "node:readline";
import type { Command } from "commander";
import { parseAllowedSigners } from "../runner/approval/allowedSigners";
import { readAllowedSigners, writeApproval } from "../runner/approval/files";
import { describePlan, readPlanFile } from "../runner/approval/planFile";
import {
  approvalBytes,
  approvalName,
  MAX_LIFETIME_DAYS,
  newApproval,
} from "../runner/approval/record";
import { checkOwnSignature, signBytes } from "../runner/approval/sshKeygen";
import { fault, messageOf } from "../runner/base/fault";
import { isPlainText, isSignerName, quoteUntrusted } from "../runner/base/untrustedText";
import { visible } from "../runner/base/visible";
import type { Approval } from "../runner/model";
import { NEW_DEFAULT, placesOf } from "./approvals/judge";
import { rejectionReach } from "./approvals/rejectionReach";
import { describePacket } from "./plan/packet";

const HELP = `
Shows the whole plan and the bytes that will be signed, asks for confirmation, signs with ssh-keygen
(for a key in an agent or on a hardware token name its .pub file), verifies the signature and writes
FOLDER/<plan's first 16 digits>-<signer>.json and .json.sig; a rejection's names begin with rejected-.
Commit both files. A rejection stops the plan only where its file is; npx v7 revoke revokes the plan in
the database, for ever.

Exit codes:
  0  signed and written
  1  a fault, or the answer was not "yes"; nothing was written

Examples:
  npx v7 approve --plan plan.json --key ~/.ssh/id_ed25519 --signer architect --notes "reviewed"
  npx v7 approve --plan plan.json --key ~/.ssh/id_ed25519 --signer architect --reject
`;

export interface ApproveOptions {
  readonly plan: string;
  readonly key: string;
  readonly signer: string;
  /** The digest in the packet; a file with another plan is refused. */
  readonly digest?: string;
  readonly expires: string;
  readonly notes: string;
  readonly reject?: boolean;
  readonly out?: string;
  readonly yes?: boolean;
}

/** The input and output for the conversation with the signer. */
export interface Terminal {
  readonly input: NodeJS.ReadableStream & { readonly isTTY?: boolean };
  readonly output: NodeJS.WritableStream;
}

export function addApprove(program: Command): void {
  program
    .command("approve")
    .description("sign an approval of exactly this plan, or a rejection")
    .requiredOption("--plan <file>", "the plan, as npx v7 plan wrote it")
    .requiredOption(
      "--key <file>",
      "your SSH key; a .pub file where an agent holds the private half",
    )
    .requiredOption("--signer <name>", "your name in the allowed signers")
    .option("--digest <sha256>", "refuse any other plan; the packet's command has this option")
    .option("--expires <duration>", "how long it is valid: 30m, 24h, 7d; at most 30d", "24h")
    .option("--notes <text>", "one line to be recorded with it", "")
    .option(
      "--reject",
      "sign a rejection, which stops the plan where its file is, until it expires",
    )
    .option("--out <folder>", `folder of the two files; ${NEW_DEFAULT}`)
    .option("--yes", "do not ask for confirmation; required where standard input is not a terminal")
    .addHelpText("after", HELP)
    .action(async (options: ApproveOptions) => {
      await approve(options, { input: process.stdin, output: process.stdout });
    });
}

/**
 * Shows the plan, asks, signs, verifies, writes both files.
 *
 * @returns the path of the approval
 * @throws COMMAND_INVALID, PLAN_FILE_INVALID, SIGNING_FAILED, SSH_KEYGEN_MISSING, APPROVAL_FILE_INVALID; nothing is written then
 */
export async function approve(options: ApproveOptions, terminal: Terminal): Promise<string> {
  const lifetimeSeconds = checkOptions(options);
  const places = placesOf(options.out === undefined ? {} : { folder: options.out });
  const { plan, digest } = readPlanFile(options.plan);
  refuseOtherPlan(options, digest);
  const approval = newApproval(
    {
      plan: digest,
      action: plan.action,
      decision: options.reject === true ? "rejected" : "approved",
      approver: options.signer,
      notes: options.notes,
    },
    new Date(),
    lifetimeSeconds,
  );
  const bytes = approvalBytes(approval);
  show(
    terminal,
    `${describePlan(plan, digest)}\n${describePacket(options.plan, digest)}\n${describeApproval(approval)}\n\nThe bytes to be signed:\n${bytes.toString()}\n\n`,
  );
  if (options.yes !== true) {
    await confirm(approval, terminal);
  }
  const signature = await signBytes(bytes, options.key);
  const { fingerprint } = await checkOwnSignature(bytes, signature, options.signer);
  const path = writeApproval(places.newest, approvalName(approval), bytes, signature);
  const warning = trustWarning(places.allowedSigners, options.signer, fingerprint);
  const reach =
    approval.decision === "rejected" ? rejectionReach(approval, places.folders, plan.stack) : "";
  show(
    terminal,
    `${approval.decision} and signed with ${fingerprint}\nwrote ${path} and ${path}.sig\n${reach}${warning}`,
  );
  return path;
}

function describeApproval({ decision, approver, issued, expires, notes }: Approval): string {
  return [
    `decision  ${decision.toUpperCase()}`,
    `approver  ${approver}`,
    `holds     from ${issued} until ${expires}`,
    `notes     ${notes === "" ? "none" : notes}`,
  ].join("\n");
}

/** @returns the lifetime in seconds */
function checkOptions({ expires, notes, signer }: ApproveOptions): number {
  const [, count, unit = ""] = /^(\d{1,6})([mhd])$/.exec(expires) ?? [];
  const seconds = Number(count) * ({ m: 60, h: 3600, d: 86_400 }[unit] ?? Number.NaN);
  const faults = [
    seconds > 0 && seconds <= MAX_LIFETIME_DAYS * 86_400
      ? []
      : [`--expires ${quoteUntrusted(expires)}, which is not 30m, 24h or 7d, at most 30d`],
    isSignerName(signer)
      ? []
      : [`--signer ${quoteUntrusted(signer)}, which is not a signer's name`],
    isPlainText(notes, 1000) ? [] : ["--notes that are not one line of at most 1000 characters"],
  ].flat();
  if (faults.length > 0) {
    throw fault("COMMAND_INVALID", {
      what: "reading the options of npx v7 approve",
      found: faults.join("; "),
      remedy: "Correct these options; npx v7 approve --help describes them",
    });
  }
  return seconds;
}

/** Refuses a plan's file with another digest than the packet's. */
function refuseOtherPlan({ plan, digest }: ApproveOptions, found: string): void {
  if (digest !== undefined && digest !== found) {
    throw fault("COMMAND_INVALID", {
      what: `comparing the plan in ${quoteUntrusted(plan)} with --digest`,
      found: `the plan ${found}`,
      expected: quoteUntrusted(digest),
      remedy: "Do not sign. Ask the person who made the plan for a new plan and packet",
    });
  }
}

/** Asks for confirmation. Only the whole word yes confirms; the end of input does not. */
async function confirm({ decision, approver }: Approval, terminal: Terminal): Promise<void> {
  if (terminal.input.isTTY !== true) {
    throw fault("COMMAND_INVALID", {
      what: "asking for confirmation",
      found: "a standard input that is not a terminal",
      remedy: "Run it in a terminal, or add --yes once you have read the plan",
    });
  }
  show(
    terminal,
    `Sign that the plan above is ${decision.toUpperCase()} by ${approver}? Type yes: `,
  );
  const answer = await readLine(terminal.input);
  if (answer.trim() !== "yes") {
    throw fault("COMMAND_INVALID", {
      what: "asking for confirmation",
      found: "an answer other than yes",
      remedy: "Nothing was signed; run the command again to sign",
    });
  }
}

/** Writes text with its control characters made visible: it may come from a plan's file or an option. */
function show({ output }: Terminal, text: string): void {
  output.write(visible(text));
}

/** The next line; empty at the end of the input. */
async function readLine(input: NodeJS.ReadableStream): Promise<string> {
  const lines = createInterface({ input });
  try {
    for await (const line of lines) {
      return line;
    }
    return "";
  } finally {
    // Without this the interface would go on reading, and ssh-keygen could not read the passphrase from the terminal.
    lines.close();
  }
}

/** A warning where the repository's signers do not have the key. The database's own list decides later. */
function trustWarning(file: string, signer: string, fingerprint: string): string {
  try {
    const signers = parseAllowedSigners(readAllowedSigners(file));
    return signers.some((one) => one.principal === signer && one.fingerprint === fingerprint)
      ? ""
      : `warning: ${file} does not name this key as ${signer}'s\n`;
  } catch (error) {
    return `warning: not checked against the allowed signers: ${messageOf(error)}\n`;
  }
}
