import { code, heading, line, list, source, strong, text, type Section } from "../../pages/blocks";
import { shellWord } from "../../pages/format";
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
        "What is signed is the digest, not this page. The command shows the plan from its file, and refuses where the file's digest is another than the one named. The signature can be made on any machine that has this repository, the plan's file and the signer's key.",
      ),
      heading("Approve"),
      ...(verdict.tone === "bad" ? [text(strong("Read what is said at the top before."))] : []),
      source("sh", approve),
      heading("Reject"),
      text("A rejection outweighs every approval until it expires or is revoked."),
      source("sh", `${approve} --reject --notes 'why'`),
      heading("Then"),
      list([
        line`${code("KEY")} is your SSH key, or its .pub file where an agent or a hardware key holds it; ${code("NAME")} is your name in the allowed signers.`,
        line`The command writes two files into ${code("sql/ad_005/approvals")}. Commit both.`,
        line`An approval holds 24 hours unless ${code("--expires")} says otherwise, allows one run, and is void as soon as the database is no longer the one described here.`,
        line`To be sure of this page, make it anew: ${code(planAgain)} on the same database gives the same digest.`,
      ]),
    ],
  };
}
