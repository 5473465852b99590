import type { Client } from "pg";
import { authorize } from "../../runner/approval/authorize";
import { readAllowedSigners } from "../../runner/approval/files";
import { databaseClock } from "../../runner/approval/pinnedFacts";
import { definedObjects } from "../../runner/catalog/definedObjects";
import { checkDrift } from "../../runner/drift/checkDrift";
import { readHistory } from "../../runner/history/history";
import type { HistoryRow, Obstacle } from "../../runner/model";
import { findLackingRights } from "../../runner/plan/obstacles";
import type { PreparedPlan } from "../../runner/plan/plan";
import { preparePlan } from "../../runner/plan/preparePlan";
import { advisoryLockHolder } from "../../runner/postgres/advisoryLock";
import { breakOf } from "../../runner/postgres/client";
import { isProtected } from "../../runner/postgres/protection";
import { sessionFault } from "../../runner/postgres/sessionFault";
import { describeLockHolders } from "../../runner/postgres/waitForLock";
import { waitingSessions } from "../../runner/postgres/waitingSessions";
import { fromNow } from "../fromNow";
import type { StackRequest } from "../request";
import {
  fail,
  failure,
  NotLookedAt,
  ok,
  warn,
  type Answer,
  type Examination,
  type Outcome,
  type Tell,
} from "./examination";
import { lookAtTrust } from "./trust";

/** The number of drift findings that are shown; `v7 drift` shows all. */
const SHOWN_FINDINGS = 5;

/**
 * Makes the checks that need a session on the database, in the order in which problems should be fixed.
 *
 * @param isStandIn whether this machine's postgresql plugin is the stand-in, which refuses protected databases
 */
export async function lookAtDatabase(
  examination: Examination,
  session: Outcome<Client>,
  settings: Outcome<StackRequest>,
  isStandIn: boolean,
): Promise<void> {
  const look = async <T>(
    check: string,
    make: (place: Place, tell: Tell) => Promise<T>,
  ): Promise<Outcome<T>> =>
    await examination.look(check, async (tell) => {
      const client = unbroken(session.need());
      const place = { client, ...settings.need() };
      try {
        return await make(place, tell);
      } catch (error) {
        throw await sessionFault(client, place.request.connection, error);
      }
    });
  await look("protection", async ({ client }, tell) => {
    tell(protection(await isProtected(client), isStandIn));
  });
  const rights = await look("rights", lookAtRights);
  const history = await look("history", async ({ client }, tell) => {
    const rows = await readHistory(client);
    tell(ok(describeHistory(rows, await databaseClock(client))));
    return rows;
  });
  await look("trust", async ({ client, rules, request }, tell) => {
    const facts = {
      history: history.need(),
      rules,
      isProtected: await isProtected(client),
      now: await databaseClock(client),
      readSigners: () => readAllowedSigners(request.signersFile),
    };
    tell(...lookAtTrust(facts));
  });
  await look("locks", async ({ client }, tell) => {
    tell(...(await lookAtLocks(client)));
  });
  await look("drift", async ({ request }, tell) => {
    const isEmpty = history.isThere && history.need().length === 0;
    tell(isEmpty ? ok("nothing has been applied here yet") : await lookAtDrift(request));
  });
  const plan = await look("plan", async (place, tell) => {
    history.need();
    return await lookAtPlan(place, rights.isThere ? rights.need() : [], tell);
  });
  await look("approval", async (place, tell) => {
    tell(await lookAtApproval(place, plan.need()));
  });
}

interface Place extends StackRequest {
  readonly client: Client;
}

/** Skips the further checks once the session's connection is broken. */
function unbroken(client: Client): Client {
  if (breakOf(client) !== undefined) {
    throw new NotLookedAt('no result of "connection"');
  }
  return client;
}

function protection(isProtectedOne: boolean, isStandIn: boolean): Answer {
  if (!isProtectedOne) {
    return ok("unprotected: the database says so itself (v7.unprotected)");
  }
  return isStandIn
    ? fail(
        "protected, and this machine's postgresql plugin is the stand-in, which refuses protected databases (STAND_IN_REFUSED)",
        "Run from a machine that has the official plugin (docs/engine.md)",
      )
    : ok("protected: nothing runs without an approval");
}

async function lookAtRights({ client, request }: Place, tell: Tell): Promise<readonly Obstacle[]> {
  const objects = definedObjects(request.steps);
  const lacking = await findLackingRights(client, {
    ...request,
    objects,
    ownSchemas: objects.schemas,
  });
  tell(
    ...(lacking.length === 0
      ? [ok("may make roles, grant, and create what the directives define")]
      : lacking.map(obstacleAnswer)),
  );
  return lacking;
}

function obstacleAnswer({ found, remedy, isPassing }: Obstacle): Answer {
  return isPassing === true ? warn(found, remedy) : fail(found, remedy);
}

function describeHistory(rows: readonly HistoryRow[], now: Date): string {
  const last = rows.at(-1);
  return last === undefined
    ? "none: nothing has been applied here yet"
    : `${rows.length} rows, the chain holds; the last: ${last.action} of ${last.directive}/${last.stepId} by ${last.appliedBy}, ${fromNow(last.recordedAt, now)}`;
}

async function lookAtDrift(request: StackRequest["request"]): Promise<Answer> {
  const { findings } = await checkDrift(request.connection, request);
  if (findings.length === 0) {
    return ok("none: the database is as it was approved");
  }
  const named = findings.slice(0, SHOWN_FINDINGS);
  const rest = findings.length - named.length;
  return {
    ...fail(
      `${findings.length} differences from what was approved`,
      `npx v7 drift --stack ${request.stack} lists the possible authors of each; then npx v7 plan --stack ${request.stack} --action repair`,
    ),
    detail: [
      ...named.map(({ severity, kind, object }) => `${severity}: ${kind}: ${object}`),
      ...(rest > 0 ? [`and ${rest} more`] : []),
    ],
  };
}

async function lookAtPlan(
  { client, request }: Place,
  known: readonly Obstacle[],
  tell: Tell,
): Promise<PreparedPlan> {
  const prepared = await preparePlan(client, request);
  const { plan, digest = "" } = prepared;
  if (plan === undefined) {
    tell(ok("nothing is pending"));
    return prepared;
  }
  const others = prepared.obstacles.filter(({ found }) =>
    known.every((one) => one.found !== found),
  );
  tell(
    {
      state: "warn",
      found: `${plan.steps.length} steps are pending: plan ${digest}`,
      detail: plan.steps.map(({ directive, id }) => `${directive}/${id}`),
    },
    ...others.map(obstacleAnswer),
  );
  return prepared;
}

/** Judges the plan's approvals as the gate of `pulumi up` does. */
async function lookAtApproval(
  { client, request: { stack }, rules }: Place,
  prepared: PreparedPlan,
): Promise<Answer> {
  const run = `pulumi up --stack ${stack} --policy-pack policy`;
  if (prepared.plan === undefined) {
    return ok("none is needed: nothing is pending");
  }
  try {
    const { approvals = [] } = await authorize(prepared, client, rules);
    const given = approvals as readonly { readonly approver: string; readonly expires: string }[];
    const words = given.map(({ approver, expires }) => `${approver}, until ${expires}`).join("; ");
    return words === ""
      ? ok("none is needed: the database is unprotected, and the stack asks for none", run)
      : ok(`valid, of this plan: ${words}`, run);
  } catch (error) {
    const answer = failure(error);
    return answer.found.startsWith("APPROVAL_REQUIRED")
      ? warn(
          answer.found,
          `npx v7 plan --stack ${stack} --out plan.json, and have it signed (docs/approvals.md); then ${run}`,
        )
      : answer;
  }
}

/** A younger transaction is not reported. */
const LONG_SECONDS = 5;

/** Looks for a run in progress, sessions that wait for others, and long transactions that block writers. */
async function lookAtLocks(client: Client): Promise<readonly Answer[]> {
  const runner = await advisoryLockHolder(client);
  const waiting = await waitingSessions(client);
  const holders = await describeLockHolders(client, undefined, LONG_SECONDS);
  const answers = [
    ...(runner === undefined
      ? []
      : [warn(`a run holds the runner's lock: ${runner}`, "Let that run end, or end it")]),
    ...waiting.map(({ pid, words, blockers }) =>
      warn(
        `pid ${pid} (${words}) waits for pid ${blockers.join(", ")}`,
        `Ask whose pid ${blockers.join(", ")} is, or end it: SELECT pg_terminate_backend(${blockers[0] ?? ""})`,
      ),
    ),
    ...holders.map((holder) => warn(holder, "Let that transaction end, or end it, before a run")),
  ];
  return answers.length === 0 ? [ok("nobody waits, and no run is at work")] : answers;
}
