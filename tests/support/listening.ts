import { once } from "node:events";
import { createServer, type AddressInfo, type Socket } from "node:net";
import { HOST } from "../../runner/embedded";

export interface Listening {
  readonly host: string;
  readonly port: number;
  /** Accepts nobody any more, and cuts those who are there. */
  readonly stop: () => Promise<void>;
}

/** Listens for connections, and serves each of them. Default: a free port. */
export async function listen(serve: (socket: Socket) => void, port = 0): Promise<Listening> {
  const sockets = new Set<Socket>();
  const listener = createServer((socket) => {
    // Without it, each statement waits 40 ms for the acknowledgement of the one before.
    sockets.add(socket.setNoDelay(true));
    socket.on("error", () => undefined).on("close", () => sockets.delete(socket));
    serve(socket);
  });
  await once(listener.listen({ port, host: HOST }), "listening");
  return {
    host: HOST,
    port: (listener.address() as AddressInfo).port,
    stop: async () => {
      sockets.forEach((socket) => socket.destroy());
      await once(listener.close(), "close");
    },
  };
}

/** Runs `work` while the port is in use. */
export async function whileTaken<T>(port: number, work: () => Promise<T> | T): Promise<T> {
  const { stop } = await listen(() => undefined, port);
  try {
    return await work();
  } finally {
    await stop();
  }
}
