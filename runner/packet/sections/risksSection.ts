import { when } from "../../base/when";
import {
  code,
  fromBackticks,
  heading,
  line,
  list,
  notice,
  strong,
  text,
  type Block,
  type Inline,
  type Section,
} from "../../pages/blocks";
import type { Packet, PacketFinding, Risk } from "../model";

/** The section on what could go wrong, and on findings about the directive's SQL. */
export function risksSection({ risks, findings }: Packet): Section {
  return {
    id: "risks",
    title: "Risks and findings",
    blocks: [
      ...(risks.length === 0 ? [text("No risk was found.")] : riskBlocks(risks)),
      ...when(
        findings.length > 0,
        heading("Findings on the directive's SQL"),
        text(
          "Article 2.3 says that any deviation will result in rejection, so the text runs unchanged. These points are for The Architect to decide.",
        ),
        list(findings.map(findingLine), true),
      ),
    ],
  };
}

function riskBlocks(risks: readonly Risk[]): Block[] {
  const titles = { bad: "Look at this before signing", caution: "To be aware of" } as const;
  return (["bad", "caution"] as const).flatMap((tone) => {
    const those = risks.filter((risk) => risk.tone === tone).map((risk) => risk.text);
    return when(those.length > 0, notice(tone, titles[tone], list(those)));
  });
}

function findingLine({ title, text: found, answers }: PacketFinding): Inline {
  return [
    ...fromBackticks(title).map((span) => (typeof span === "string" ? strong(span) : span)),
    " ",
    ...fromBackticks(found),
    ...answers.flatMap(({ amendment, state }) => line` [${code(amendment)}: ${ANSWERS[state]}]`),
  ];
}

const ANSWERS = {
  runs: "in this plan",
  applied: "applied already",
  offered: "offered, not chosen",
} as const;
