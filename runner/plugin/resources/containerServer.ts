import { setTimeout as sleep } from "node:timers/promises";
import { Fault, fault, messageOf } from "../../base/fault";
import { beginEmpty } from "../../container/diagnosis";
import { containerAtPort, type Container } from "../../container/docker";
import { withConnection } from "../../postgres/connection";
import { databaseIdentity } from "../../postgres/databaseIdentity";
import { connectionOf } from "../../requests/directiveRequest";
import { UNKNOWN } from "../../requests/inputShape";
import type { Context, Properties, ResourceType } from "../resourceType";
import { changesBetween } from "../rpc/responses";

/** A first start takes seconds, or a minute on a busy machine. */
const WAIT_SECONDS = 120;
const POLL_MILLISECONDS = 500;
/** Docker restarts a container whose program ends; after so many restarts the wait is given up. */
const HOPELESS_RESTARTS = 3;

/**
 * `directive:index:ContainerServer`: the server in the stack's container, once it accepts the stack's login. Create and
 * update wait for it, and fail with the container's last lines where it does not start; so does every later run. Resources
 * that connect take the port from here.
 *
 * Another resource makes the container. Inputs: `stack`, `containerId` (a new container is waited for again), `port`,
 * `databaseName`, `user`, `password`.
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
      context.warn(firstLineOf(error));
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
      // While the image creates the data, the server is reachable only by its socket; so any other error is final.
      const isFinal = !(error instanceof Fault) || error.code !== "SERVER_UNREACHABLE";
      const container = await containerAtPort(Number(inputs["port"]));
      if (isFinal && container !== undefined) {
        throw refusal(container, error);
      }
      if (isFinal || isHopeless(container) || Date.now() > deadline || context.signal.aborted) {
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

/** The server answers and refuses the stack's login: its volume was not created completely, or belongs to another stack. */
function refusal(container: Container, error: unknown): Fault {
  return fault("CONTAINER_FAILED", {
    what: `logging in to PostgreSQL in the container "${container.name}"`,
    found: "a server that rejects this stack's login",
    expected: "a server that accepts it",
    remedy: beginEmpty(container),
    detail: [`  ${firstLineOf(error)}`],
    cause: error,
  });
}

/** The system identifier of the server's data. */
async function identify(inputs: Properties): Promise<string> {
  const options = { applicationName: "v7 container", connectSeconds: 5 };
  const connection = connectionOf({ ...inputs, host: "127.0.0.1", sslMode: "disable" });
  const identity = await withConnection(connection, databaseIdentity, options);
  return identity.systemIdentifier ?? "";
}

async function answers(inputs: Properties): Promise<boolean> {
  return Object.values(inputs).includes(UNKNOWN)
    ? true
    : identify(inputs).then(
        () => true,
        () => false,
      );
}

/** The data is not the stack's: where somebody removed the volume, Docker has made an empty one. */
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

function firstLineOf(error: unknown): string {
  return messageOf(error).split("\n")[0] ?? "";
}
