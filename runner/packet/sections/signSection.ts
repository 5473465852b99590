import { code, line, list, strong, text, type Section } from "../blocks";
import { shellWord } from "../format";
import type { Packet } from "../model";

/** The exact commands that approve or reject this plan. */
export function signSection({ plan, digest, planFile, verdict }: Packet): Section {
  const approve = `npx v7 approve --plan ${shellWord(planFile)} --digest ${digest} --key KEY --signer NAME`;
  const planAgain = `npx v7 plan --stack ${shellWord(plan.stack)} --action ${plan.action}`;
  return {
    id: "sign",
    title: "To approve or to reject",
    blocks: [
      text(
        line`What is signed is the digest, not this page. The command shows the plan from its file, and refuses where the file's digest is another than the one named. The signature can be made on any machine that has this repository, the plan's file and the signer's key.`,
      ),
      { kind: "heading", text: "Approve" },
      ...(verdict.tone === "bad"
        ? [text(line`${strong("Read what is said at the top before.")}`)]
        : []),
      { kind: "code", language: "sh", text: approve },
      { kind: "heading", text: "Reject" },
      text(line`A rejection outweighs every approval until it expires or is revoked.`),
      { kind: "code", language: "sh", text: `${approve} --reject --notes 'why'` },
      { kind: "heading", text: "Then" },
      list(
        [
          line`${code("KEY")} is your SSH key, or its .pub file where an agent or a hardware key holds it; ${code("NAME")} is your name in the allowed signers.`,
          line`The command writes two files into ${code("sql/ad_005/approvals")}. Commit both.`,
          line`An approval holds 24 hours unless ${code("--expires")} says otherwise, allows one run, and is void as soon as the database is no longer the one described here.`,
          line`To be sure of this page, make it anew: ${code(planAgain)} on the same database gives the same digest.`,
        ],
        false,
      ),
    ],
  };
}
