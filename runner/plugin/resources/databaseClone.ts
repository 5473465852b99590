import {
  checkDatabaseClone,
  createDatabaseClone,
  dropDatabaseClone,
  isCloneThere,
  type CloneRequest,
} from "../../clone/databaseClone";
import { connectionOf } from "../../requests/directiveRequest";
import { oneOf, optional, port, text, UNKNOWN } from "../../requests/inputShape";
import type { Context, DiffKind, Properties, ResourceType } from "../resourceType";
import { changesBetween, unlessUnreachable } from "../rpc/responses";

/** Inputs that only say how to reach the server: changing one, such as the password, must not replace the database. */
const WAYS_IN: readonly string[] = ["password", "sslMode", "caCertificate"];

/**
 * `directive:index:DatabaseClone`: the stack's own database on a shared server, copied from a template. The stack's other
 * resources depend on its output `databaseName`.
 *
 * A change of the inputs replaces it, deleting the old database first, except for {@link WAYS_IN}. A database that is gone is
 * created again as an update: a replacement would first delete the dependent resources, in a database that does not exist.
 */
export const databaseClone: ResourceType = {
  inputs: {
    stack: text,
    template: text,
    host: text,
    port,
    databaseName: text,
    user: text,
    password: text,
    sslMode: optional(oneOf("disable", "require", "verify-ca", "verify-full")),
    caCertificate: optional(text),
  },

  async diff(_id, oldInputs, _oldOutputs, newInputs, context) {
    const changes: Record<string, DiffKind> = {};
    for (const [name, kind] of Object.entries(changesBetween(oldInputs, newInputs))) {
      changes[name] = WAYS_IN.includes(name) ? kind : "update-replace";
    }
    const isReplaced = Object.values(changes).includes("update-replace");
    if (!isReplaced && !Object.values(newInputs).includes(UNKNOWN)) {
      const isThere = await unlessUnreachable(() => isCloneThere(requestOf(newInputs)), context);
      if (isThere === false) {
        changes["databaseName"] = "update";
      }
    }
    return { changes, deleteBeforeReplace: true };
  },

  async create(inputs, context) {
    return { id: String(inputs["databaseName"]), outputs: await make(inputs, context) };
  },

  async read(id, inputs, outputs, context) {
    const isThere = await unlessUnreachable(() => isCloneThere(requestOf(inputs)), context);
    return isThere === false ? undefined : { id, inputs, outputs };
  },

  async update(_id, _oldInputs, _oldOutputs, newInputs, context) {
    return await make(newInputs, context);
  },

  async delete(_id, inputs, _outputs, context) {
    await dropDatabaseClone(requestOf(inputs), { onProgress: context.status });
  },
};

async function make(inputs: Properties, context: Context): Promise<Properties> {
  if (context.preview) {
    return { ...inputs, databaseName: await previewedName(inputs, context) };
  }
  const isMade = await createDatabaseClone(requestOf(inputs), { onProgress: context.status });
  const name = String(inputs["databaseName"]);
  context.info(
    isMade
      ? `the database "${name}", cloned from "${String(inputs["template"])}"`
      : `the database "${name}" was there already, whole, and is this stack's`,
  );
  return inputs;
}

/** Unknown where the database does not exist yet, so that dependent resources do not connect to it. Throws what create would refuse. */
async function previewedName(inputs: Properties, context: Context): Promise<unknown> {
  if (Object.values(inputs).includes(UNKNOWN)) {
    return UNKNOWN;
  }
  const isThere = await unlessUnreachable(() => checkDatabaseClone(requestOf(inputs)), context);
  return isThere === true ? inputs["databaseName"] : UNKNOWN;
}

function requestOf(inputs: Properties): CloneRequest {
  return {
    connection: connectionOf({ sslMode: "verify-full", ...inputs }),
    template: String(inputs["template"]),
    stack: String(inputs["stack"]),
  };
}
