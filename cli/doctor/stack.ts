import { examine } from "../../engine/doctor";
import { preparedEngine } from "../../engine/prepare";
import { isSwitchedOn } from "../../engine/standin/guard";
import { describeTarget } from "../../runner/postgres/target";
import { readAddress } from "../drift/driftRequest";
import { fromNow } from "../fromNow";
import { readStackRequest, type StackRequest } from "../request";
import { readLastUpdate, type LastUpdate } from "../stack";
import { lookAtDatabase } from "./database";
import {
  Examination,
  fail,
  NotLookedAt,
  ok,
  Outcome,
  warn,
  type Answer,
  type Finding,
} from "./examination";
import { lookAtNetwork, type Address } from "./network";
import { openSession } from "./session";

/** The sources of the facts; tests replace them. */
export interface StackSources {
  readonly machine: typeof examine;
  /** Whether the postgresql plugin is the stand-in, which refuses protected databases. */
  readonly isStandIn: () => boolean;
  readonly request: (stack: string) => Promise<StackRequest>;
  readonly address: (stack: string) => Address | undefined;
  readonly lastUpdate: (stack: string) => Promise<LastUpdate | undefined>;
}

const SOURCES: StackSources = {
  machine: examine,
  isStandIn: () => preparedEngine()?.postgresqlPlugin.source === "stand-in" && !isSwitchedOn(),
  request: readStackRequest,
  address: readAddress,
  lastUpdate: readLastUpdate,
};

/**
 * Checks everything from this machine to a stack's database, in the order in which problems should be fixed. Reads only;
 * every wait has a time limit. A check that fails skips only the checks that need its value.
 */
export async function examineStack(
  stack: string,
  sources: StackSources = SOURCES,
): Promise<readonly Finding[]> {
  const examination = new Examination();
  await lookAtMachine(examination, sources);
  const settings = await examination.look("settings", async (tell) => {
    const read = await sources.request(stack);
    tell(ok(describeSettings(read)));
    return read;
  });
  await examination.look("last run", async (tell) => {
    tell(describeLast(stack, await sources.lastUpdate(stack)));
  });
  const reached = await lookAtNetwork(
    examination,
    await addressOf(examination, stack, settings, sources),
  );
  const session = await openSession(examination, settings, reached);
  try {
    await lookAtDatabase(examination, session, settings, sources.isStandIn());
  } finally {
    await (session.isThere ? session.need().end() : undefined);
  }
  return examination.findings;
}

/** The results of `npm run doctor`, without optional things that are absent. */
async function lookAtMachine(examination: Examination, { machine }: StackSources): Promise<void> {
  for (const { name, state, version, place, advice } of await machine()) {
    if (state !== "absent") {
      await examination.look(name, (tell) => {
        tell(
          state === "found"
            ? ok([version, place].filter(Boolean).join(", "))
            : fail("none", advice),
        );
      });
    }
  }
}

function describeSettings({ request: { connection, steps }, settings }: StackRequest): string {
  const amendments = steps.filter(({ required }) => !required).map(({ id }) => id);
  return `${settings.database}, ${describeTarget(connection)}${amendments.length === 0 ? "" : `, with ${amendments.join(", ")}`}`;
}

function describeLast(stack: string, last: LastUpdate | undefined): Answer {
  if (last === undefined) {
    return ok("none: Pulumi has not run this stack yet");
  }
  const words = `${last.kind}, ${last.result}, ${fromNow(new Date(last.startTime))}`;
  switch (last.result) {
    case "succeeded":
      return ok(words);
    case "failed":
      return warn(
        words,
        `Its output says why. Once the problems below are fixed: pulumi up --stack ${stack} --policy-pack policy`,
      );
    case "in-progress":
      return warn(
        words,
        `It is in progress, or was killed. Make sure that no run is in progress, then pulumi cancel --stack ${stack}, and run again`,
      );
  }
}

/** The server's address: from the settings, or from the stack's file where the settings need a missing key or engine. */
async function addressOf(
  examination: Examination,
  stack: string,
  settings: Outcome<StackRequest>,
  sources: StackSources,
): Promise<Outcome<Address>> {
  if (settings.isThere) {
    return new Outcome("settings", [settings.need().request.connection]);
  }
  return await examination.look("address", (tell) => {
    const address = sources.address(stack);
    if (address === undefined) {
      throw new NotLookedAt(`Pulumi.${stack}.yaml names no server`);
    }
    tell(ok(`${address.host}:${address.port}, from Pulumi.${stack}.yaml`));
    return address;
  });
}
