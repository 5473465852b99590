import type { ClientBase } from "pg";
import { accessDigest } from "../directive/accessMatrix";
import type { Plan, PlanAction, PlannedStep } from "../model";
import type { DatabaseIdentity } from "../postgres/databaseIdentity";
import type { PlanRequest } from "./plan";

/** The state of a target on which a plan is made: another one makes another plan. */
interface PlanBase {
  readonly identity: DatabaseIdentity;
  /** The digest of the history's last run; null where there is none. */
  readonly historyHead: string | null;
  /** The fingerprint of the directives' objects, with the whole of the tables that they alter. */
  readonly fingerprint: string;
}

/** Makes the plan of these steps on this target. */
export function makePlan(
  request: PlanRequest,
  action: PlanAction,
  steps: readonly PlannedStep[],
  { identity, ...base }: PlanBase,
): Plan {
  const { project, stack, connection } = request;
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
    base,
  };
}

export async function currentUser(client: ClientBase): Promise<string> {
  const { rows } = await client.query<{ name: string }>("SELECT current_user::text AS name");
  return rows[0]?.name ?? "";
}
