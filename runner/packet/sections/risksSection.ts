import {
  code,
  fromBackticks,
  line,
  list,
  strong,
  text,
  type Block,
  type Inline,
  type Section,
} from "../blocks";
import type { Packet, PacketFinding, Risk } from "../model";

/** What could go wrong, and what was found in the directive's SQL. */
export function risksSection({ risks, findings }: Packet): Section {
  return {
    id: "risks",
    title: "Risks and findings",
    blocks: [
      ...(risks.length === 0 ? [text(line`No risk was found.`)] : riskBlocks(risks)),
      ...(findings.length === 0
        ? []
        : [
            { kind: "heading" as const, text: "Findings on the directive's SQL" },
            text(
              line`Article 2.3 says that any deviation will result in rejection, so the text runs unchanged. These points are for The Architect to decide.`,
            ),
            list(findings.map(findingLine), true),
          ]),
    ],
  };
}

function riskBlocks(risks: readonly Risk[]): Block[] {
  const titles = { bad: "Look at this before signing", caution: "To be aware of" } as const;
  return (["bad", "caution"] as const).flatMap((tone): Block[] => {
    const those = risks.filter((risk) => risk.tone === tone);
    return those.length === 0
      ? []
      : [
          {
            kind: "notice",
            tone,
            title: [titles[tone]],
            blocks: [list(those.map((risk) => [risk.text]))],
          },
        ];
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
