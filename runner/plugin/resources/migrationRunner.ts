import type { ClientBase } from "pg";
import { applyDirective, type ApplyResult } from "../../actions/apply";
import { rollbackDirective } from "../../actions/rollback";
import { Fault, messageOf } from "../../base/fault";
import { describeProgram } from "../../base/programDigest";
import { formatRows } from "../../base/table";
import { describeHeldLock } from "../../execute/heldLocks";
import { unitsOf } from "../../execute/units";
import { readHistory, appliedSteps } from "../../history/history";
import { refuseLostHead, type KnownHead } from "../../history/knownHead";
import type { HistoryRow } from "../../model";
import { describePreparedPlan, stepCells } from "../../plan/planText";
import { withConnection } from "../../postgres/connection";
import { databaseIdentityText } from "../../postgres/databaseIdentity";
import { describeRehearsal } from "../../rehearsal/rehearsalText";
import { rehearse } from "../../rehearsal/rehearse";
import { DIRECTIVE_INPUTS, readRequest } from "../../requests/directiveRequest";
import { UNKNOWN } from "../../requests/inputShape";
import type { Context, Properties, ResourceType } from "../resourceType";
import { unlessUnreachable } from "../rpc/responses";
import {
  actionRequest,
  diffPending,
  isTargetKnown,
  preparePending,
  recordedHead,
} from "./directiveInputs";

/** Shown where a destroy fails here, because of a change since CatalogCheck allowed it. */
const GRANTS_GONE =
  "What the grants gave on these objects is gone: Pulumi deletes them before. `pulumi up` gives it back.";

/**
 * `directive:index:MigrationRunner`: create and update apply what is pending, read compares with the history, delete rolls
 * back. It is never replaced.
 */
export const migrationRunner: ResourceType = {
  inputs: DIRECTIVE_INPUTS,

  diff(_id, oldInputs, oldOutputs, newInputs, context) {
    return diffPending(oldInputs, newInputs, context, recordedHead(oldOutputs));
  },

  async create(inputs, context) {
    return { id: "directives", outputs: await apply(inputs, context) };
  },

  async update(_id, _oldInputs, oldOutputs, newInputs, context) {
    return await apply(newInputs, context, recordedHead(oldOutputs));
  },

  async read(id, inputs, outputs, context) {
    const { request } = await readRequest(inputs);
    const found = await unlessUnreachable(
      () => withConnection(request.connection, (client) => lookAtHistory(client, outputs)),
      context,
    );
    if (found === undefined) {
      return { id, inputs, outputs };
    }
    const { history, database } = found;
    return appliedSteps(history).size === 0
      ? undefined
      : {
          id,
          inputs,
          outputs: {
            ...outputs,
            historyHead: history.at(-1)?.digest,
            // A former version's state has no identity; the next update adds it.
            ...(outputs["database"] === undefined ? {} : { database }),
          },
        };
  },

  async delete(_id, inputs, outputs, context) {
    const result = await rollbackDirective(
      await actionRequest(inputs, context, recordedHead(outputs)),
    ).catch((error: unknown) => {
      throw error instanceof Fault ? error.withDetail([GRANTS_GONE]) : error;
    });
    for (const { from, to, rows } of result.archived) {
      context.info(`${rows} rows of ${from} are in ${to}`);
    }
    if (!result.isAsBefore) {
      context.info(
        "the tables that the directives altered were changed by others since: they are not as they were before",
      );
    }
  },
};

async function lookAtHistory(
  client: ClientBase,
  outputs: Properties,
): Promise<{ readonly history: readonly HistoryRow[]; readonly database: string }> {
  const history = await readHistory(client);
  await refuseLostHead(client, history, recordedHead(outputs));
  return { history, database: await databaseIdentityText(client) };
}

async function apply(
  inputs: Properties,
  context: Context,
  knownHead?: KnownHead,
): Promise<Properties> {
  if (context.preview && !isTargetKnown(inputs)) {
    const { request } = await readRequest(inputs);
    context.info(
      [
        "the server is not there yet; on it would run:",
        ...formatRows(request.steps.map((step) => stepCells(step, step.title))),
      ].join("\n"),
    );
    return { ...inputs, planDigest: UNKNOWN, historyHead: UNKNOWN, database: UNKNOWN };
  }
  if (context.preview) {
    const prepared = await preparePending(inputs, knownHead);
    context.info(
      prepared.plan === undefined
        ? describePreparedPlan(prepared)
        : `${describePreparedPlan(prepared)}\n${describeProgram()}`,
    );
    await rehearseInPreview(inputs, context);
    return {
      ...inputs,
      planDigest: prepared.digest ?? UNKNOWN,
      historyHead: UNKNOWN,
      database: UNKNOWN,
    };
  }
  const request = await actionRequest(inputs, context, knownHead);
  const result = await applyDirective(request);
  for (const lock of result.locks) {
    context.info(describeHeldLock(lock));
  }
  context.info(describeApplied(result, request.members));
  const database = await withConnection(request.connection, databaseIdentityText);
  const { planDigest, historyHead } = result;
  return { ...inputs, planDigest, historyHead, database };
}

/** What an apply did, in lines for a person: the steps, and the changes of access. */
export function describeApplied(
  { executed, revoked, historyHead }: ApplyResult,
  members: Readonly<Record<string, readonly string[]>>,
): string {
  if (executed.length === 0 && revoked === undefined) {
    return "nothing to run: every step has been applied";
  }
  const total = executed.reduce((sum, step) => sum + step.durationMs, 0);
  const steps = executed.length === 1 ? "1 step" : `${executed.length} steps`;
  const logins = Object.entries(members).map(([role, names]) => `${role}: ${names.join(", ")}`);
  return [
    executed.length === 0
      ? "no step to run; who may do what was changed and recorded"
      : `${steps} committed ${commits(executed)}, ${total.toFixed(0)} ms`,
    ...(revoked ?? []).map((one) => `took away: REVOKE ${one}`),
    ...(revoked === undefined
      ? []
      : [`the logins of the group roles: ${logins.length === 0 ? "none" : logins.join("; ")}`]),
    `history ${historyHead.slice(0, 16)}…`,
  ].join("\n");
}

function commits(executed: ApplyResult["executed"]): string {
  const { length } = unitsOf(executed.map(({ step }) => step));
  return length === 1 ? "in one transaction" : `in ${length} parts`;
}

/** At most so many rows a table in a preview, so that it is quick; `v7 rehearse` uses the target's numbers. */
const PREVIEW_ROWS = 10_000;

/** Rehearses the plan on a throwaway server. A rehearsal that fails is only a warning. */
async function rehearseInPreview(inputs: Properties, context: Context): Promise<void> {
  try {
    const { request } = await readRequest(inputs);
    const rehearsal = await rehearse({
      ...request,
      maxRows: PREVIEW_ROWS,
      onProgress: context.status,
    });
    if (rehearsal !== undefined) {
      context.info(describeRehearsal(rehearsal));
    }
  } catch (error) {
    context.warn(`not rehearsed: ${messageOf(error)}`);
  }
}
