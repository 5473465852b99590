import { readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { CHECKOUT } from "../../engine/paths";
import { thisProgram } from "../../runner/base/programDigest";
import { makePacket } from "../../runner/packet";
import { readDirectiveDocuments } from "../../runner/packet/document";
import { readFindings } from "../../runner/packet/facts/findings";
import type { PacketInput } from "../../runner/packet/model";
import { isPacketOf, packetPage } from "../../runner/packet/page";
import { readTrees } from "../../runner/packet/trees";
import { shellWord } from "../../runner/pages/format";
import { pageHtml, summaryOf } from "../../runner/pages/html/page";
import { pageMarkdown } from "../../runner/pages/markdown/page";
import type { PreparedPlan } from "../../runner/plan/plan";

export interface PacketFiles {
  readonly html: string;
  readonly markdown: string;
}

/** What a packet is made of, in addition to the repository's documents. */
export interface PacketSource extends Pick<
  PacketInput,
  "prepared" | "directives" | "rehearsal" | "rehearsalFailure"
> {
  readonly stack: string;
}

/** `plan.json` gives `plan.html` and `plan.md`. */
export function packetFiles(planFile: string): PacketFiles {
  const base = planFile.replace(/\.json$/, "");
  return { html: `${base}.html`, markdown: `${base}.md` };
}

/**
 * Writes a plan's packet beside the plan's file, as a page and as Markdown.
 *
 * @param planFile the plan's path for the packet's commands
 * @throws MANIFEST_INVALID or SQL_UNPARSABLE where a directive's findings or document cannot be read
 */
export async function writePacket(
  planFile: string,
  { stack, ...source }: PacketSource,
): Promise<PacketFiles> {
  const { names, allSteps } = source.directives;
  const packet = makePacket({
    ...source,
    trees: await readTrees(allSteps),
    documents: await readDirectiveDocuments(CHECKOUT, names),
    findings: new Map(names.map((name) => [name, readFindings(join(CHECKOUT, "sql"), name)])),
    ...rehearseCommand(source.prepared, stack),
    planFile,
    program: thisProgram(),
    madeAt: new Date(),
  });
  const files = packetFiles(planFile);
  const page = packetPage(packet);
  writeFileSync(files.html, pageHtml(page));
  writeFileSync(files.markdown, pageMarkdown(page));
  return files;
}

/** The command that rehearses the plan, for the actions that can be rehearsed. */
function rehearseCommand(
  { plan }: PreparedPlan,
  stack: string,
): { readonly rehearseCommand?: string } {
  return plan?.action === "apply" || plan?.action === "rollback"
    ? { rehearseCommand: `npx v7 rehearse --stack ${shellWord(stack)} --action ${plan.action}` }
    : {};
}

/** A larger file is no packet and is not read; a packet has some 100 KB. */
const MAX_PAGE_BYTES = 8 * 1024 * 1024;

/**
 * The packet of a plan that is about to be signed: its path and its summary, as lines for the terminal; a warning where it
 * belongs to another plan; empty where there is none.
 */
export function describePacket(planFile: string, digest: string): string {
  const { html } = packetFiles(planFile);
  const found = statSync(html, { throwIfNoEntry: false });
  if (found?.isFile() !== true || found.size > MAX_PAGE_BYTES) {
    return "";
  }
  const page = readFileSync(html, "utf8");
  return isPacketOf(page, digest)
    ? `packet    ${html}\n          it says: ${summaryOf(page)}\n`
    : `warning: ${html} is the packet of another plan: do not use it\n`;
}
