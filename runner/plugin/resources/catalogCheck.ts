import { repairDrift } from "../../actions/repair";
import { tryRollback } from "../../actions/rollback";
import { fault, unlessFault } from "../../base/fault";
import { formatDifference } from "../../catalog/compare";
import { describeRemedy } from "../../drift/driftText";
import { findDrift, type Drift, type Finding } from "../../drift/findDrift";
import { reportFinding } from "../../drift/report";
import { refuseLostHead, type KnownHead } from "../../history/knownHead";
import { withConnection } from "../../postgres/connection";
import { databaseIdentityText } from "../../postgres/databaseIdentity";
import { isProtected } from "../../postgres/protection";
import { DIRECTIVE_INPUTS, readRequest, readRules } from "../../requests/directiveRequest";
import { UNKNOWN } from "../../requests/inputShape";
import type { Context, Properties, ResourceType } from "../resourceType";
import { changesBetween, unlessUnreachable } from "../rpc/responses";
import { actionRequest, isTargetKnown, recordedHead } from "./directiveInputs";

/** The drift that a refresh records where the server does not answer. */
const UNKNOWN_DRIFT = "could not tell: the server cannot be reached";

/**
 * `directive:index:CatalogCheck`: compares the database with the expected catalog after every other resource. Its output
 * `drift` is empty, or has a line for each object; a refresh shows it, and so does a preview, since diff reads the live
 * database. Create and update repair what needs no approval, or what an approved repair plan names, and fail where drift is
 * left. A destroy deletes this resource first, and is refused here where it may not run.
 */
export const catalogCheck: ResourceType = {
  inputs: DIRECTIVE_INPUTS,

  async diff(_id, oldInputs, oldOutputs, newInputs, context) {
    const changes = changesBetween(oldInputs, newInputs);
    if (Object.keys(changes).length > 0 || !isTargetKnown(newInputs)) {
      return { changes };
    }
    const looked = await unlessUnreachable(
      () => look(newInputs, recordedHead(oldOutputs)),
      context,
    );
    if (looked === undefined) {
      return { changes: {} };
    }
    const { live, drift } = looked;
    for (const finding of drift.findings) {
      context.warn(`drift: ${describe(finding)}`);
    }
    // Drift that the state already records still needs an update, until it is gone.
    const isDrifted = live.drift.length > 0;
    return {
      changes: {
        ...changesBetween(findings(oldOutputs), { ...live }),
        ...(isDrifted ? { drift: "update" } : {}),
      },
    };
  },

  async create(inputs, context) {
    return { id: "catalog", outputs: await verify(inputs, context) };
  },

  async update(_id, oldInputs, oldOutputs, newInputs, context) {
    // MigrationRunner has checked its own recorded head; a new head comes from this run, or from a new database's history.
    const isHeadNew = oldInputs["migrationHead"] !== newInputs["migrationHead"];
    return await verify(
      newInputs,
      context,
      recordedHead(isHeadNew ? { historyHead: newInputs["migrationHead"] } : oldOutputs),
    );
  },

  async read(id, inputs, outputs, context) {
    const looked = await unlessUnreachable(() => look(inputs, recordedHead(outputs)), context);
    // Where the server does not answer, a refresh must not look as if there were no drift.
    const live = looked?.live ?? { drift: [UNKNOWN_DRIFT] };
    const isNamed = looked !== undefined && outputs["database"] !== undefined;
    const database = isNamed ? { database: looked.database } : {};
    return { id, inputs, outputs: { ...outputs, ...live, ...database } };
  },

  // This resource is created last, so it is deleted first: a destroy that may not run is refused here, while grants and
  // roles still exist. MigrationRunner checks again, in the transaction that consumes the approval.
  async delete(_id, inputs, outputs, context) {
    await tryRollback(await actionRequest(inputs, context, recordedHead(outputs)));
  },
};

function findings({ schemaFingerprint, historyHead, drift }: Properties): Properties {
  return { schemaFingerprint, historyHead, drift };
}

interface Findings {
  readonly schemaFingerprint: string;
  readonly historyHead: string;
  /** A line for each object that differs. */
  readonly drift: readonly string[];
}

interface Looked {
  readonly live: Findings;
  readonly drift: Drift;
  /** The database's identity. */
  readonly database: string;
}

/** @throws HISTORY_HEAD_LOST */
async function look(inputs: Properties, knownHead?: KnownHead): Promise<Looked> {
  const { request } = await readRequest(inputs);
  return await withConnection(request.connection, async (client) => {
    const drift = await findDrift(client, request);
    await refuseLostHead(client, drift.history, knownHead);
    const { schemaFingerprint, historyHead, findings } = drift;
    return {
      live: {
        schemaFingerprint,
        historyHead: historyHead ?? "",
        drift: findings.map(formatDifference),
      },
      drift,
      database: await databaseIdentityText(client),
    };
  });
}

/** A finding for the preview: its line first, then its possible authors and the repair. */
function describe(finding: Finding): string {
  return [
    `${formatDifference(finding)} [${finding.severity}]`,
    ...describeRemedy(reportFinding(finding)),
  ].join("\n");
}

async function verify(
  inputs: Properties,
  context: Context,
  knownHead?: KnownHead,
): Promise<Properties> {
  if (context.preview) {
    const unknown = { historyHead: UNKNOWN, drift: UNKNOWN, database: UNKNOWN };
    return { ...inputs, schemaFingerprint: UNKNOWN, ...unknown };
  }
  const first = await look(inputs, knownHead);
  const refused = first.drift.findings.length === 0 ? [] : await tryRepair(inputs, context);
  const { live } = first.drift.findings.length === 0 ? first : await look(inputs);
  if (live.drift.length > 0) {
    throw fault("DRIFT_FOUND", {
      what: `comparing database "${String(inputs["databaseName"])}" with what was approved`,
      found: `${String(live.drift.length)} difference${live.drift.length === 1 ? "" : "s"}`,
      expected: "none",
      remedy:
        "Run pulumi refresh and pulumi up for roles and grants that the stack made; for the rest npx v7 plan --action repair, npx v7 approve and npx v7 repair (docs/drift.md)",
      detail: [...live.drift.map((line) => `  - ${line}`), ...refused],
    });
  }
  return { ...inputs, ...live, database: first.database };
}

/**
 * Repairs drift: on a database that needs no approval only by adding what is missing, elsewhere by the whole repair plan,
 * where it is approved.
 *
 * @returns why the repair plan did not run, or which of its steps were rolled back and why
 */
async function tryRepair(inputs: Properties, context: Context): Promise<readonly string[]> {
  const request = await actionRequest(inputs, context);
  const isFree =
    !readRules(inputs).requireApproval &&
    !(await withConnection(request.connection, (client) => isProtected(client)));
  const repair = async (): Promise<readonly string[]> => {
    const { repaired, refused } = await repairDrift({
      ...request,
      ...(isFree ? { only: "additive" as const } : {}),
    });
    for (const line of repaired) {
      context.info(`repaired: ${line}`);
    }
    return refused.map((line) => `not repaired: ${line}`);
  };
  return await unlessFault(repair, ({ message }) => [`the repair plan did not run: ${message}`]);
}
