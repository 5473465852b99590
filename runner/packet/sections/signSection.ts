import { signingBlock } from "../../approval/signingBlock";
import { when } from "../../base/when";
import { approvalsFolder } from "../../directive/approvalFolders";
import {
  code,
  fold,
  heading,
  line,
  list,
  source,
  strong,
  text,
  type Section,
} from "../../pages/blocks";
import { shellWord } from "../../pages/format";
import type { Packet } from "../model";

/** The section on how to approve or reject: two pastes for a shell with OpenSSH, or the command of this repository. */
export function signSection({ plan, digest, planFile, verdict, directives }: Packet): Section {
  const approve = `npx v7 approve --plan ${shellWord(planFile)} --digest ${digest} --key KEY --signer NAME`;
  const add = `npx v7 approvals add --plan ${shellWord(planFile)}`;
  const planAgain = `npx v7 plan --stack ${shellWord(plan.stack)} --action ${plan.action}`;
  const folder = approvalsFolder(directives.at(-1)?.name ?? "");
  const { action } = plan;
  const yes = signingBlock({ plan: digest, action, decision: "approved" });
  const no = signingBlock({ plan: digest, action, decision: "rejected" });
  return {
    id: "sign",
    title: "To approve or to reject",
    blocks: [
      text(
        "What is signed is the digest, not this page. A terminal with OpenSSH is enough: nothing is installed, and nothing of the database is needed.",
      ),
      ...when(verdict.tone === "bad", text(strong("Read what is said at the top before."))),
      heading("Say who signs"),
      text(
        line`Type ${code("sh")}, then your name among the allowed signers, your key, for how many days it holds (at most 30), and a note without quotation marks.`,
      ),
      source("sh", "name=NAME key=~/.ssh/id_ed25519 days=1 notes=''"),
      heading("Approve"),
      text(
        "Paste this. It shows what you will sign: go on only where its plan is the digest at the top of this page, and all the rest is what you mean.",
      ),
      source("sh", yes.make),
      text("Paste this. It signs that, and nothing else; hand over all that it prints."),
      source("sh", yes.sign),
      heading("Reject"),
      text(
        "Paste this in place of the first, then the second as above. A rejection outweighs every approval until it expires or is revoked.",
      ),
      source("sh", no.make),
      fold(
        "With a hardware key, with an agent, on Windows",
        list([
          line`A hardware key: ${code("key=~/.ssh/id_ed25519_sk")}; ${code("ssh-keygen -t ed25519-sk")} makes one. It asks for a touch, and where it has one for its PIN. A signature without a touch is refused.`,
          line`An agent: ${code("ssh-add -L")} lists its keys, and ${code("key=~/.ssh/id_ed25519.pub")} names one by its public half. The private half never leaves the agent. Sign on your own machine: whoever rules a machine to which an agent is forwarded signs with it as well.`,
          line`On Windows paste into Git Bash. PowerShell adds a line end to what it pipes, and the signature would be over other bytes.`,
        ]),
      ),
      heading("With this repository"),
      text("The command shows the plan from its file, asks, and signs."),
      source("sh", `${approve}\n${approve} --reject --notes 'why'`),
      heading("Then"),
      list([
        line`Whoever is handed what was printed gives it to ${code(add)}, which judges it as a run would, and writes two files into ${code(folder)}. Commit both.`,
        line`An approval allows one run, and is void as soon as the database is no longer the one described here.`,
        line`The two pastes of every packet are the same but for the plan, the action and the decision; ${code("docs/for-the-architect.md")} has them to compare. Paste nothing that differs.`,
        line`To be sure of this page, make it anew: ${code(planAgain)} on the same database gives the same digest.`,
      ]),
    ],
  };
}
