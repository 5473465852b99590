import { setTimeout as sleep } from "node:timers/promises";
import { Fault, fault, messageOf } from "../../base/fault";
import { beginEmpty } from "../../container/diagnosis";
import { containerAtPort, type Container } from "../../container/docker";
import type { ConnectionSettings } from "../../model";
import { withConnection } from "../../postgres/connection";
import { UNKNOWN, type Context, type Properties, type ResourceType } from "../resourceType";
import { changesBetween } from "../rpc/responses";

/** A first start takes seconds, and a minute on a machine that is busy. */
const WAIT_SECONDS = 120;
const POLL_MILLISECONDS = 500;
/** Docker starts one again that ends by itself: after so many times it will not come up. */
const HOPELESS_RESTARTS = 3;

/**
 * `directive:index:ContainerServer`: the server in the stack's container, once it lets the stack in. Create and update
 * wait for it, and fail with the container's last lines where it does not come up; so does every later run, until it
 * does. What connects takes the port from here.
 *
 * The container itself is Pulumi's. Inputs: `stack`, `containerId` (another container is waited for anew), `port`, `databaseName`, `user`, `password`.
 */
export const containerServer: ResourceType = {
  secretOutputs: ["password"],

  async diff(_id, oldInputs, _oldOutputs, newInputs) {
    const changes = changesBetween(oldInputs, newInputs);
    return Object.keys(changes).length > 0 || (await answers(newInputs))
      ? { changes }
      : { changes: { systemIdentifier: "update" } };
  },

  async create(inputs, context) {
    return { id: "server", outputs: await awaitServer(inputs, context) };
  },

  async update(_id, _oldInputs, oldOutputs, newInputs, context) {
    const outputs = await awaitServer(newInputs, context);
    if (!context.preview && outputs["systemIdentifier"] !== oldOutputs["systemIdentifier"]) {
      throw otherData(newInputs);
    }
    return outputs;
  },

  async read(id, inputs, outputs, context) {
    try {
      return { id, inputs, outputs: { ...outputs, systemIdentifier: await identify(inputs) } };
    } catch (error) {
      context.warn(messageAlone(error));
      return { id, inputs, outputs };
    }
  },
};

async function awaitServer(inputs: Properties, context: Context): Promise<Properties> {
  if (context.preview) {
    return { ...inputs, port: UNKNOWN, systemIdentifier: UNKNOWN };
  }
  context.status("waiting for PostgreSQL in the container");
  const deadline = Date.now() + WAIT_SECONDS * 1000;
  for (;;) {
    try {
      return { ...inputs, systemIdentifier: await identify(inputs) };
    } catch (error) {
      // While the image makes the data, the server answers on its socket alone: a refusal is its last word.
      const isLast = !(error instanceof Fault) || error.code !== "SERVER_UNREACHABLE";
      const container = await containerAtPort(Number(inputs["port"]));
      if (isLast && container !== undefined) {
        throw refusal(container, error);
      }
      if (isLast || isHopeless(container) || Date.now() > deadline || context.signal.aborted) {
        throw error;
      }
    }
    await sleep(POLL_MILLISECONDS);
  }
}

function isHopeless(container: Container | undefined): boolean {
  return (
    container !== undefined &&
    (["exited", "dead", "paused"].includes(container.status) ||
      (container.status === "restarting" && container.restarts >= HOPELESS_RESTARTS))
  );
}

/** The server answers and refuses its own stack: the volume was not made whole, or is another's. */
function refusal(container: Container, error: unknown): Fault {
  return fault("CONTAINER_FAILED", {
    what: `logging in to PostgreSQL in the container "${container.name}"`,
    found: "a server that rejects this stack's login",
    expected: "a server that accepts it",
    remedy: beginEmpty(container),
    detail: [`  ${messageAlone(error)}`],
    cause: error,
  });
}

/** Whose data they are that the server has: PostgreSQL gives every data folder a number of its own. */
function identify(inputs: Properties): Promise<string> {
  return withConnection(
    connectionOf(inputs),
    async (client) => {
      const { rows } = await client.query<{ id: string }>(
        "SELECT system_identifier::text AS id FROM pg_catalog.pg_control_system()",
      );
      return rows[0]?.id ?? "";
    },
    { applicationName: "v7 container", connectSeconds: 5 },
  );
}

async function answers(inputs: Properties): Promise<boolean> {
  return Object.values(inputs).includes(UNKNOWN)
    ? true
    : identify(inputs).then(
        () => true,
        () => false,
      );
}

function connectionOf(inputs: Properties): ConnectionSettings {
  return {
    host: "127.0.0.1",
    port: Number(inputs["port"]),
    databaseName: String(inputs["databaseName"]),
    user: String(inputs["user"]),
    password: String(inputs["password"]),
    sslMode: "disable",
  };
}

/** A container and a volume that somebody removed come back empty, and the stack's state holds what was in them. */
function otherData(inputs: Properties): Fault {
  const stack = String(inputs["stack"]);
  return fault("CONTAINER_FAILED", {
    what: `looking at the data in the container of stack "${stack}"`,
    found: "data of another stack or an empty volume",
    expected: "the data that the stack's state describes",
    remedy:
      `Bring the volume back; where the data are lost, run pulumi refresh --yes --stack ${stack}, ` +
      `then npm start -- --stack ${stack}: it carries everything out again`,
  });
}

function messageAlone(error: unknown): string {
  return messageOf(error).split("\n")[0] ?? "";
}
