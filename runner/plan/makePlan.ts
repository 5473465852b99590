import type { ClientBase } from "pg";
import { fingerprintOf, takeSnapshot } from "../catalog/snapshot";
import { accessDigest } from "../directive/accessMatrix";
import { lastRun } from "../history/history";
import type { Plan, PlanAction, PlannedStep } from "../model";
import { databaseIdentity } from "../postgres/databaseIdentity";
import { together } from "../postgres/together";
import type { PlanRequest, PreparedPlan } from "./plan";

/** Makes the plan of these steps on this target. */
export async function makePlan(
  client: ClientBase,
  request: PlanRequest,
  action: PlanAction,
  steps: readonly PlannedStep[],
  { history, objects, owner }: Pick<PreparedPlan, "history" | "objects" | "owner">,
): Promise<Plan> {
  const { project, stack, connection } = request;
  // With the whole of the tables that the directives alter: a change of these makes another plan, too.
  const [identity, snapshot] = await together([
    databaseIdentity(client),
    takeSnapshot(client, objects, owner, "whole"),
  ]);
  return {
    kind: "v7-plan",
    version: 1,
    action,
    project,
    stack,
    target: {
      host: connection.host,
      port: connection.port,
      database: connection.databaseName,
      ...identity,
    },
    steps,
    access: accessDigest(request),
    manifests: request.manifestsSha256,
    base: {
      historyHead: lastRun(history)?.digest ?? null,
      fingerprint: fingerprintOf(snapshot),
    },
  };
}

export async function currentUser(client: ClientBase): Promise<string> {
  const { rows } = await client.query<{ name: string }>("SELECT current_user::text AS name");
  return rows[0]?.name ?? "";
}
