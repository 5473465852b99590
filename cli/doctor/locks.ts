import type { Client } from "pg";
import { advisoryLockHolder } from "../../runner/postgres/advisoryLock";
import { describeLockHolders } from "../../runner/postgres/waitForLock";
import { waitingSessions } from "../../runner/postgres/waitingSessions";
import { ok, warn, type Answer } from "./examination";

/** A younger transaction is not reported. */
const LONG_SECONDS = 5;

/** Looks for a run in progress, sessions that wait for others, and long transactions that block writers. */
export async function lookAtLocks(client: Client): Promise<readonly Answer[]> {
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
