import { connect, type Socket } from "node:net";
import { listen, type Listening } from "./listening";

export interface ProxyRules {
  /** The number of the server's messages that each connection gets; after them it gets nothing and stays open. Default: all. */
  readonly serverMessages?: number;
  /** A text of a client that the server still gets, and after which the client gets nothing. */
  readonly silentAfter?: string;
  /** A text of a client that the server still gets, and after which the client's connection is cut. */
  readonly cutAfter?: string;
  /** The delay of each direction: half of a link's round trip. Default: 0. */
  readonly delayMs?: number;
}

export interface Proxy extends Listening {
  /** Of connections from now on. */
  rules: ProxyRules;
  /** How often a client has sent something and then waited for the server, on all connections together. */
  roundTrips: number;
}

/** A proxy in front of a server, without TLS, that can fall silent: a half-open connection, as networks make them. */
export async function startProxy(serverPort: number, rules: ProxyRules = {}): Promise<Proxy> {
  const proxy = { rules, roundTrips: 0 };
  const listening = await listen((client) => {
    const server = connect(serverPort, "127.0.0.1").setNoDelay(true);
    server.on("error", () => undefined);
    join(client, server, proxy.rules, () => {
      proxy.roundTrips += 1;
    });
  });
  return Object.assign(proxy, listening);
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
