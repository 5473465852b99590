import type { Approval } from "../model";
import { approvalBytes } from "./record";
import { NAMESPACE } from "./signature";

/** Two texts to paste into a POSIX shell, one after the other. */
interface SigningBlock {
  /** Makes the approval and shows its bytes, which `sign` signs. */
  readonly make: string;
  /** Signs the approval and prints it with its signature, as `v7 approvals add` takes them. */
  readonly sign: string;
}

/**
 * The shell commands that sign an approval or a rejection of a plan; they need only a POSIX shell and ssh-keygen.
 *
 * The packet fixes the plan, the action and the decision, which the signer sees before signing. The signer's machine adds
 * the rest: a random nonce (a nonce from the packet could be old, or the same for two signers), the times by its own clock,
 * and the name, notes and days that the signer has typed.
 */
export function signingBlock(
  approval: Pick<Approval, "plan" | "action" | "decision">,
): SigningBlock {
  // In the order of the canonical JSON: approver, expires, issued, nonce, notes.
  const format = approvalBytes({
    ...{ kind: "v7-approval", version: 1, ...approval },
    ...{ approver: "%s", expires: "%s", issued: "%s", nonce: "%s", notes: "%s" },
  }).toString();
  return {
    make: [
      "unset approval",
      // BSD's date takes seconds with -r; with GNU and BusyBox -r names a file, which does not exist, and -d takes seconds.
      'utc() { date -u -r "$1" +%Y-%m-%dT%H:%M:%SZ 2>/dev/null || date -u -d "@$1" +%Y-%m-%dT%H:%M:%SZ; }',
      "start=$(date +%s)",
      "end=$((start + ${days:-1} * 86400))",
      "nonce=$(od -An -N16 -tx1 /dev/urandom | tr -d ' \\n')",
      `approval=$(printf '${format}' "\${name:?}" "$(utc $end)" "$(utc $start)" "$nonce" "\${notes-}")`,
      "printf '%s\\n' \"$approval\"",
    ].join("\n"),
    // On one line: ssh-keygen may ask for a passphrase, and would read a second pasted line as the answer.
    sign: `printf '%s\\n' "\${approval:?}" && printf %s "$approval" | ssh-keygen -Y sign -n ${NAMESPACE} -f "\${key:?}"`,
  };
}
