import { authorize } from "../authorize";
import { withConnection } from "../connection";
import { formatDifference } from "../drift";
import { fault } from "../fault";
import { prepareRollback } from "../planner";
import { verifyDatabase } from "../verify";
import { changedInputs, unlessUnreachable } from "./diffInputs";
import { checkDirectiveInputs, isTargetKnown, readRequest, readRules } from "./directiveInputs";
import { UNKNOWN, type Context, type Properties, type ResourceType } from "./resourceType";

/**
 * `directive:index:CatalogCheck`: what stands, against what should, once everything else is done. Its output `drift`
 * is empty, or a line an object; a refresh shows it, and so does a preview, since diff looks at the live database.
 * Its removal is the gate of every removal.
 */
export const catalogCheck: ResourceType = {
  check(inputs) {
    return Promise.resolve({ inputs, failures: checkDirectiveInputs(inputs) });
  },

  async diff(_id, oldInputs, oldOutputs, newInputs, context) {
    const changes = changedInputs(oldInputs, newInputs);
    if (Object.keys(changes).length > 0 || !isTargetKnown(newInputs)) {
      return { changes };
    }
    const live = await unlessUnreachable(() => look(newInputs), context);
    if (live === undefined) {
      return { changes: {} };
    }
    for (const line of live.drift) {
      context.warn(`drift: ${line}`);
    }
    // Drift that the state knows of already is still drift: an update stays due until it is gone.
    const isDrifted = live.drift.length > 0;
    return {
      changes: {
        ...changedInputs(findings(oldOutputs), { ...live }),
        ...(isDrifted ? { drift: "update" } : {}),
      },
    };
  },

  async create(inputs, context) {
    return { id: "catalog", outputs: await verify(inputs, context) };
  },

  async update(_id, _oldInputs, _oldOutputs, newInputs, context) {
    return await verify(newInputs, context);
  },

  async read(id, inputs, outputs, context) {
    const live = await unlessUnreachable(() => look(inputs), context);
    return { id, inputs, outputs: { ...outputs, ...live } };
  },

  // Made after everything else, it is taken away before everything else: here an unapproved destroy stops, while
  // grants and roles still stand. MigrationRunner asks again, in the transaction that consumes the approval.
  async delete(_id, inputs) {
    const { request } = await readRequest(inputs);
    await withConnection(request.connection, async (client) => {
      await authorize(await prepareRollback(client, request), client, readRules(inputs));
    });
  },
};

function findings({ schemaFingerprint, historyHead, drift }: Properties): Properties {
  return { schemaFingerprint, historyHead, drift };
}

interface Findings {
  readonly schemaFingerprint: string;
  readonly historyHead: string;
  /** A line an object that is not as it should be. */
  readonly drift: readonly string[];
}

async function look(inputs: Properties): Promise<Findings> {
  const { request } = await readRequest(inputs);
  return await withConnection(request.connection, async (client) => {
    const { schemaFingerprint, historyHead, differences } = await verifyDatabase(client, request);
    return {
      schemaFingerprint,
      historyHead: historyHead ?? "",
      drift: differences.map(formatDifference),
    };
  });
}

async function verify(inputs: Properties, context: Context): Promise<Properties> {
  if (context.preview) {
    return { ...inputs, schemaFingerprint: UNKNOWN, historyHead: UNKNOWN, drift: UNKNOWN };
  }
  const live = await look(inputs);
  if (live.drift.length > 0) {
    throw fault("DRIFT_FOUND", {
      what: `comparing database "${String(inputs["databaseName"])}" with what was approved`,
      found: `${String(live.drift.length)} difference${live.drift.length === 1 ? "" : "s"}`,
      expected: "none",
      remedy:
        "Run pulumi refresh and pulumi up for roles and grants that the stack made; undo the rest by hand",
      detail: live.drift.map((line) => `  - ${line}`),
    });
  }
  return { ...inputs, ...live };
}
