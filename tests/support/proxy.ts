import { connect, createServer, type Socket } from "node:net";

export interface ProxyRules {
  /** How many of the server's messages each connection gets; after them it gets none and stays open. Default: all. */
  readonly serverMessages?: number;
  /** A text in what a client sends: the server still gets it, and from then on the client gets nothing. */
  readonly silentAfter?: string;
  /** The same, and the client's connection is cut. */
  readonly cutAfter?: string;
  /** For how long each direction holds back what it carries: half of a link's round trip. Default: 0. */
  readonly delayMs?: number;
}

export interface Proxy {
  readonly host: string;
  readonly port: number;
  /** Of connections from now on. */
  rules: ProxyRules;
  /** How often a client has sent something and then waited for the server, on all connections together. */
  roundTrips: number;
  stop(): void;
}

/** A proxy in front of a server, without TLS, that can fall silent: a half-open connection, as networks make them. */
export async function startProxy(serverPort: number, rules: ProxyRules = {}): Promise<Proxy> {
  const sockets = new Set<Socket>();
  const proxy = { rules, roundTrips: 0 };
  const listener = createServer((client) => {
    const server = connect(serverPort, "127.0.0.1");
    for (const socket of [client, server]) {
      sockets.add(socket.setNoDelay(true));
      socket.on("error", () => undefined).on("close", () => sockets.delete(socket));
    }
    join(client, server, proxy.rules, () => {
      proxy.roundTrips += 1;
    });
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

function join(client: Socket, server: Socket, rules: ProxyRules, onRoundTrip: () => void): void {
  const { serverMessages = Infinity, silentAfter, cutAfter, delayMs = 0 } = rules;
  let isSilent = false;
  let isAnswered = true;
  let count = 0;
  const pass = (work: () => void): void => {
    if (delayMs === 0) {
      work();
    } else {
      setTimeout(work, delayMs);
    }
  };
  client.on("data", (data: Buffer) => {
    if (isAnswered) {
      onRoundTrip();
    }
    isAnswered = false;
    pass(() => server.write(data));
    isSilent ||= silentAfter !== undefined && data.includes(silentAfter);
    if (cutAfter !== undefined && data.includes(cutAfter)) {
      client.destroy();
    }
  });
  server.on(
    "data",
    eachMessage((message) => {
      count += 1;
      isAnswered = true;
      if (!isSilent && count <= serverMessages) {
        pass(() => client.write(message));
      }
    }),
  );
  client.on("close", () => {
    pass(() => server.end());
  });
  server.on("close", () => {
    if (!isSilent && count <= serverMessages) {
      pass(() => client.end());
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
