import type { Approval } from "../model";
import { approvalBytes } from "./record";
import { NAMESPACE } from "./signature";

/** Two texts to paste into a POSIX shell, one after the other. */
interface SigningBlock {
  /** Makes the approval and shows the bytes that the other one signs. */
  readonly make: string;
  /** Signs them; what it prints is the approval with its signature, as `v7 approvals add` takes it. */
  readonly sign: string;
}

/**
 * What signs a plan, or its rejection, with nothing but a shell and ssh-keygen.
 *
 * A packet says which plan, which action and yes or no, all of which is seen before it is signed. The signer's machine
 * chooses the rest: the nonce at random (one from a packet could be an old one, or the same in two signers' approvals), the
 * moments by its own clock, name, notes and days as the signer has typed them.
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
      // BSD's -r takes seconds; GNU's and BusyBox's takes a file, of which there is none, and their -d takes seconds.
      'utc() { date -u -r "$1" +%Y-%m-%dT%H:%M:%SZ 2>/dev/null || date -u -d "@$1" +%Y-%m-%dT%H:%M:%SZ; }',
      "start=$(date +%s)",
      "end=$((start + ${days:-1} * 86400))",
      "nonce=$(od -An -N16 -tx1 /dev/urandom | tr -d ' \\n')",
      `approval=$(printf '${format}' "\${name:?}" "$(utc $end)" "$(utc $start)" "$nonce" "\${notes-}")`,
      "printf '%s\\n' \"$approval\"",
    ].join("\n"),
    // One line: what follows a passphrase's question in a paste would be its answer.
    sign: `printf '%s\\n' "\${approval:?}" && printf %s "$approval" | ssh-keygen -Y sign -n ${NAMESPACE} -f "\${key:?}"`,
  };
}
