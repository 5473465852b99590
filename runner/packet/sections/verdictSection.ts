import { grouped } from "../../base/grouped";
import { when } from "../../base/when";
import {
  code,
  count,
  facts,
  line,
  list,
  notice,
  strong,
  text,
  type Block,
  type Inline,
} from "../../pages/blocks";
import { moment } from "../../pages/format";
import type { Packet } from "../model";

/** The blocks before the first heading: the verdict, what is signed, and where it would run. */
export function verdictBlocks(packet: Packet): readonly Block[] {
  const { plan, verdict, digest } = packet;
  const { target } = plan;
  return [
    notice(verdict.tone, verdict.headline, text(verdict.sentence)),
    { kind: "digest", label: "The plan's digest: what is signed", digest },
    facts(
      ["Action", line`${strong(plan.action)} ${scope(packet)}`],
      [
        "Target",
        line`database ${code(target.database)} on ${code(`${target.host}:${target.port}`)}`,
      ],
      [
        "Protected",
        packet.isProtected ? "yes: runs only with a signature" : "no: the database says so itself",
      ],
      [
        "Cluster",
        target.systemIdentifier === null
          ? "its own number could not be read"
          : line`system identifier ${code(target.systemIdentifier)}`,
      ],
      [
        "Database's number",
        line`${code(target.databaseOid)}: no other database of that cluster has it`,
      ],
      ["Project and stack", line`${plan.project}, ${strong(plan.stack)}`],
      ["Made", moment(packet.madeAt)],
    ),
    ...obstacleBlocks(packet),
  ];
}

function scope({ steps, plan }: Packet): string {
  const running = steps.filter(({ state }) => state === "runs");
  const words = [...grouped(running, ({ kind }) => kind)].map(([kind, those]) =>
    kind === "access"
      ? "the access matrix"
      : count(those.length, kind === plan.action ? "step" : kind),
  );
  return words.length === 0 ? "" : `of ${words.join(", ")}`;
}

function obstacleBlocks({ obstacles }: Packet): readonly Block[] {
  const lines = (isPassing: boolean): readonly Inline[] =>
    obstacles
      .filter((one) => (one.isPassing === true) === isPassing)
      .map(({ found, remedy }) => line`${strong(found)}. ${remedy}.`);
  const [lasting, passing] = [lines(false), lines(true)];
  return [
    ...when(lasting.length > 0, notice("bad", "Obstacles", list(lasting))),
    ...when(
      passing.length > 0,
      notice("caution", "Obstacles that need not stop the run", list(passing)),
    ),
  ];
}
