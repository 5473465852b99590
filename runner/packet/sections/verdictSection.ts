import { code, count, line, list, strong, text, type Block } from "../blocks";
import { moment } from "../format";
import type { Packet, PacketObstacle } from "../model";

/** What the packet is about, before its first heading: what is signed, where it would run, what to think of it. */
export function verdictBlocks(packet: Packet): readonly Block[] {
  const { plan, verdict, digest } = packet;
  const { target } = plan;
  return [
    {
      kind: "notice",
      tone: verdict.tone,
      title: [verdict.headline],
      blocks: [text(line`${verdict.sentence}`)],
    },
    { kind: "digest", label: "The plan's digest: what is signed", digest },
    {
      kind: "facts",
      facts: [
        ["Action", line`${strong(plan.action)} ${scope(packet)}`],
        [
          "Target",
          line`database ${code(target.database)} on ${code(`${target.host}:${String(target.port)}`)}`,
        ],
        [
          "Protected",
          packet.isProtected
            ? line`yes: runs only with a signature`
            : line`no: the database says so itself`,
        ],
        [
          "Cluster",
          target.systemIdentifier === null
            ? line`its own number could not be read`
            : line`system identifier ${code(target.systemIdentifier)}`,
        ],
        [
          "Database's number",
          line`${code(target.databaseOid)}: no other database of that cluster has it`,
        ],
        ["Project and stack", line`${plan.project}, ${strong(plan.stack)}`],
        ["Made", line`${moment(packet.madeAt)}`],
      ],
    },
    ...obstacleBlocks(packet),
  ];
}

function scope({ steps, plan }: Packet): string {
  const kinds = new Map<string, number>();
  for (const { kind } of steps.filter(({ state }) => state === "runs")) {
    kinds.set(kind, (kinds.get(kind) ?? 0) + 1);
  }
  const words = [...kinds].map(([kind, number]) => {
    if (kind === "access") {
      return "the access matrix";
    }
    return count(number, kind === plan.action ? "step" : kind);
  });
  return words.length === 0 ? "" : `of ${words.join(", ")}`;
}

function obstacleBlocks({ obstacles }: Packet): Block[] {
  return [
    ...obstacleNotice(
      "bad",
      "Obstacles",
      obstacles.filter(({ isPassing }) => isPassing !== true),
    ),
    ...obstacleNotice(
      "caution",
      "Obstacles that need not stop the run",
      obstacles.filter(({ isPassing }) => isPassing === true),
    ),
  ];
}

function obstacleNotice(
  tone: "bad" | "caution",
  title: string,
  obstacles: readonly PacketObstacle[],
): Block[] {
  const items = obstacles.map(({ found, remedy }) => line`${strong(found)}. ${remedy}.`);
  return items.length === 0
    ? []
    : [{ kind: "notice", tone, title: [title], blocks: [list(items)] }];
}
