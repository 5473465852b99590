import { once } from "node:events";
import { connect, createServer } from "node:net";
import { fault } from "../../base/fault";
import { sha256 } from "../../base/sha256";

/** Below the ports for outgoing connections (from 32768 on Linux, 49152 elsewhere), above well-known ones. */
const FIRST_PORT = 20_000;
const PORT_COUNT = 10_000;

export const HOST = "127.0.0.1";

/**
 * A port that is free now. The search begins at a port that depends on the seed, so that clusters that are created at the
 * same time seldom choose the same one; the caller must still expect that the port is taken later.
 *
 * @throws EMBEDDED_FAILED where 200 ports in a row are taken
 */
export async function choosePort(seed: string): Promise<number> {
  const start = Number.parseInt(sha256(seed).slice(0, 8), 16);
  for (let step = 0; step < 200; step++) {
    const port = FIRST_PORT + ((start + step) % PORT_COUNT);
    if (await isPortFree(port)) {
      return port;
    }
  }
  throw fault("EMBEDDED_FAILED", {
    what: "choosing a port on 127.0.0.1",
    found: `200 ports in a row taken, from ${FIRST_PORT + (start % PORT_COUNT)}`,
    remedy: "End programs that listen there",
  });
}

/** Whether a server could listen on it now. */
export async function isPortFree(port: number): Promise<boolean> {
  const server = createServer().listen({ port, host: HOST, exclusive: true });
  const isFree = await didHappen(once(server, "listening"));
  await new Promise((resolve) => server.close(resolve));
  return isFree;
}

/** Whether something accepts a connection on it within a second. */
export async function doesPortAnswer(port: number): Promise<boolean> {
  const socket = connect({ port, host: HOST });
  const connected = once(socket, "connect", { signal: AbortSignal.timeout(1000) });
  return didHappen(connected).finally(() => socket.destroy());
}

/** Whether the event came before an error or a timeout. */
function didHappen(event: Promise<unknown>): Promise<boolean> {
  return event.then(
    () => true,
    () => false,
  );
}
