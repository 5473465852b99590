import { connect, createServer, type Socket } from "node:net";

export interface ProxyRules {
  /** How many messages of the server each connection is given; then none, and nothing is closed. Default: all. */
  readonly serverMessages?: number;
  /** A text in what a client sends: it still goes to the server, and from then on the client is given nothing. */
  readonly silentAfter?: string;
  /** The same, and the client's connection is cut. */
  readonly cutAfter?: string;
}

export interface Proxy {
  readonly host: string;
  readonly port: number;
  /** Of connections from now on. */
  rules: ProxyRules;
  stop(): void;
}

/** A proxy in front of a server, without TLS, that can fall silent: a half-open connection, as networks make them. */
export async function startProxy(serverPort: number, rules: ProxyRules = {}): Promise<Proxy> {
  const sockets = new Set<Socket>();
  const proxy: { rules: ProxyRules } = { rules };
  const listener = createServer((client) => {
    const server = connect(serverPort, "127.0.0.1");
    for (const socket of [client, server]) {
      sockets.add(socket.setNoDelay(true));
      socket.on("error", () => undefined).on("close", () => sockets.delete(socket));
    }
    join(client, server, proxy.rules);
  });
  await new Promise<void>((resolve) => listener.listen(0, "127.0.0.1", resolve));
  return Object.assign(proxy, {
    host: "127.0.0.1",
    port: (listener.address() as { port: number }).port,
    stop: () => {
      listener.close();
      sockets.forEach((socket) => socket.destroy());
    },
  });
}

function join(client: Socket, server: Socket, rules: ProxyRules): void {
  const { serverMessages = Infinity, silentAfter, cutAfter } = rules;
  let isSilent = false;
  let count = 0;
  client.on("data", (data: Buffer) => {
    server.write(data);
    isSilent ||= silentAfter !== undefined && data.includes(silentAfter);
    if (cutAfter !== undefined && data.includes(cutAfter)) {
      client.destroy();
    }
  });
  server.on(
    "data",
    eachMessage((message) => {
      count += 1;
      if (!isSilent && count <= serverMessages) {
        client.write(message);
      }
    }),
  );
  client.on("close", () => server.end());
  server.on("close", () => {
    if (!isSilent && count <= serverMessages) {
      client.end();
    }
  });
}

/** Cuts what a PostgreSQL server sends into its messages: a letter, a length, the rest. */
export function eachMessage(use: (message: Buffer) => void): (data: Buffer) => void {
  let rest: Buffer = Buffer.alloc(0);
  return (data) => {
    rest = Buffer.concat([rest, data]);
    while (rest.length >= 5 && rest.length > rest.readInt32BE(1)) {
      const end = rest.readInt32BE(1) + 1;
      use(rest.subarray(0, end));
      rest = rest.subarray(end);
    }
  };
}
