import { fault, messageOf } from "../../base/fault";
import {
  type ClusterAccess,
  type ClusterState,
  clusterStatus,
  createCluster,
  DATABASE_NAME,
  destroyCluster,
  displayPath,
  HOST,
  isPortFree,
  isStackName,
  placeOf,
  readServerVersion,
  STACK_NAME_RULE,
  STACK_USER,
  startCluster,
  SUPERUSER,
} from "../../embedded";
import { isPostgresMajor, POSTGRES_MAJORS, type PostgresMajor } from "../../postgres/majors";
import { UNKNOWN, type InputFailure } from "../../requests/inputShape";
import type { Context, DiffKind, Properties, ResourceType } from "../resourceType";

/**
 * `directive:index:EmbeddedPostgres`: the stack's own PostgreSQL server, with its data in the checkout.
 *
 * Inputs: `stack`, and `major` (15 to 18). Neither can be changed while there is data: PostgreSQL cannot read
 * another major's data, and the package has no pg_upgrade. The passwords are kept only in the outputs.
 */
export const embeddedPostgres: ResourceType = {
  secretOutputs: ["password", "superuserPassword"],

  inputs: { stack: stackFailure, major: majorFailure },

  async check(inputs, oldInputs) {
    const failures = oldInputs === undefined ? [] : await changeFailures(oldInputs, inputs);
    return { inputs, failures };
  },

  async diff(_id, oldInputs, oldOutputs, newInputs) {
    const changes: Record<string, DiffKind> = {};
    for (const name of ["stack", "major"]) {
      if (oldInputs[name] !== newInputs[name]) {
        changes[name] = "update-replace";
      }
    }
    if (Object.keys(changes).length === 0) {
      const { state, port } = await clusterStatus(placeOf(stackOf(oldInputs)));
      if (state === "gone") {
        changes["status"] = "update-replace";
      } else if (state === "down" || oldOutputs["status"] !== "up") {
        changes["status"] = "update";
      }
      if (state !== "gone" && (await portToBe(state, port)) !== oldOutputs["port"]) {
        changes["port"] = "update";
      }
    }
    return { changes, deleteBeforeReplace: true };
  },

  async create(inputs, context) {
    const place = placeOf(stackOf(inputs));
    const id = displayPath(place);
    if (context.preview) {
      return { id, outputs: outputsOf(inputs, UNKNOWN_ACCESS) };
    }
    const access = await createCluster(place, inputs["major"] as PostgresMajor, context.status);
    return { id, outputs: outputsOf(inputs, access) };
  },

  async read(id, inputs, outputs, context) {
    if (outputs["superuserPassword"] === undefined) {
      throw fault("EMBEDDED_FAILED", {
        what: `importing the embedded PostgreSQL "${id}"`,
        found: "a server whose passwords are only in the state of its stack",
        remedy: "Run `pulumi up`: it takes over the existing data and sets new passwords",
      });
    }
    const { state, port } = await clusterStatus(placeOf(stackOf(outputs)));
    if (state === "gone") {
      return undefined;
    }
    const found: Properties = { ...outputs, status: state, port: port ?? outputs["port"] };
    if (state === "down") {
      context.warn(`The embedded PostgreSQL does not answer. Run \`npm start\` or \`pulumi up\`.`);
      return { id, inputs, outputs: found };
    }
    return { id, inputs, outputs: await withVersion(found, context) };
  },

  async update(_id, _oldInputs, oldOutputs, newInputs, context) {
    const place = placeOf(stackOf(newInputs));
    if (context.preview) {
      const { state, port } = await clusterStatus(place);
      return { ...oldOutputs, ...newInputs, status: "up", port: await portToBe(state, port) };
    }
    context.status("starting PostgreSQL");
    // All users of the port depend on this resource's output, so it may change.
    const port = await startCluster(place, { mayChangePort: true });
    if (port === undefined) {
      throw fault("EMBEDDED_FAILED", {
        what: `starting the embedded PostgreSQL of stack "${place.stack}"`,
        found: `no cluster in "${displayPath(place)}"`,
        remedy: "Run `pulumi refresh`, then `pulumi up`, which creates a new one",
      });
    }
    return withVersion({ ...oldOutputs, ...newInputs, status: "up", port }, context);
  },

  async delete(_id, _inputs, outputs) {
    await destroyCluster(placeOf(stackOf(outputs)));
  },
};

type Access = Readonly<Record<keyof ClusterAccess, unknown>>;

const UNKNOWN_ACCESS: Access = {
  port: UNKNOWN,
  password: UNKNOWN,
  superuserPassword: UNKNOWN,
  serverVersion: UNKNOWN,
};

function outputsOf(inputs: Properties, access: Access): Properties {
  return {
    ...inputs,
    ...access,
    host: HOST,
    databaseName: DATABASE_NAME,
    user: STACK_USER,
    superuser: SUPERUSER,
    dataDirectory: `${displayPath(placeOf(stackOf(inputs)))}/data`,
    status: "up",
  };
}

function stackFailure(stack: unknown): string | undefined {
  return isStackName(stack)
    ? undefined
    : `found ${JSON.stringify(stack)}, expected a stack's name: ${STACK_NAME_RULE}.`;
}

function majorFailure(major: unknown): string | undefined {
  return isPostgresMajor(major)
    ? undefined
    : `found ${JSON.stringify(major)}, expected one of ${POSTGRES_MAJORS.join(", ")}. Set v7:postgresMajor.`;
}

/** Refuses changes that would lose the data; where the data is gone, every change is allowed. */
async function changeFailures(olds: Properties, news: Properties): Promise<InputFailure[]> {
  const changed = ["stack", "major"].filter((name) => olds[name] !== news[name]);
  if (changed.length === 0 || !isStackName(olds["stack"])) {
    return [];
  }
  const place = placeOf(olds["stack"]);
  if ((await clusterStatus(place)).state === "gone") {
    return [];
  }
  return changed.map((property) => ({
    property,
    reason:
      `found ${JSON.stringify(news[property])}, but "${displayPath(place)}" holds the data of a cluster made with ` +
      `${JSON.stringify(olds[property])}, which would be lost. Set it back; or destroy the stack, and with it its data.`,
  }));
}

/** The port after the next start; unknown where another port will be chosen, because it has none or another program uses it. */
async function portToBe(state: ClusterState, port: number | undefined): Promise<unknown> {
  if (port === undefined || (state === "down" && !(await isPortFree(port)))) {
    return UNKNOWN;
  }
  return port;
}

/** The outputs with the server's current version, or with the old one where the server refuses the login. */
async function withVersion(outputs: Properties, context: Context): Promise<Properties> {
  const { port, superuserPassword } = outputs;
  try {
    const serverVersion = await readServerVersion(Number(port), String(superuserPassword));
    return { ...outputs, serverVersion };
  } catch (error) {
    context.warn(`The embedded PostgreSQL is up, but refused its superuser: ${messageOf(error)}`);
    return outputs;
  }
}

function stackOf(properties: Properties): string {
  return String(properties["stack"]);
}
