import { once } from "node:events";
import { connect, createServer, type AddressInfo, type Socket } from "node:net";

/** Where the connection is cut: at the statement of that number, before the server gets it, or when it has answered. */
export interface Cut {
  readonly statement: number;
  readonly when: "before" | "after";
}

/** Stands between a client and a server, sees each statement, and cuts every connection for good at one of them. */
export interface CuttingProxy {
  readonly port: number;
  /** The statements so far, of all connections, in the order in which they came. */
  readonly statements: readonly string[];
  stop(): Promise<void>;
}

/**
 * What the server sees of a client that is killed at that moment: its connections end, and no others come. Nothing that
 * the client does afterwards arrives.
 */
export async function startCuttingProxy(
  server: { readonly host: string; readonly port: number },
  cut?: Cut,
): Promise<CuttingProxy> {
  const statements: string[] = [];
  const sockets = new Set<Socket>();
  let isCut = false;
  const end = (): void => {
    isCut = true;
    sockets.forEach((socket) => socket.destroy());
  };
  const proxy = createServer((client) => {
    if (isCut) {
      client.destroy();
      return;
    }
    const upstream = connect(server);
    for (const socket of [client, upstream]) {
      sockets.add(socket);
      socket.on("error", () => undefined);
      socket.on("close", () => {
        client.destroy();
        upstream.destroy();
      });
    }
    const read = statementReader();
    let isLast = false;
    client.on("data", (bytes: Buffer) => {
      for (const statement of read(bytes)) {
        statements.push(statement);
        if (statements.length - 1 === cut?.statement) {
          isLast = true;
        }
      }
      if (isLast && cut?.when === "before") {
        end();
      } else {
        upstream.write(bytes);
      }
    });
    upstream.on("data", (bytes: Buffer) => {
      if (isLast) {
        end();
      } else {
        client.write(bytes);
      }
    });
  });
  proxy.listen(0, "127.0.0.1");
  await once(proxy, "listening");
  return {
    port: (proxy.address() as AddressInfo).port,
    statements,
    stop: async () => {
      end();
      proxy.close();
      await once(proxy, "close");
    },
  };
}

/** Reads what a client sends: after the startup message, each has a letter and its length; Q and P bring SQL. */
function statementReader(): (bytes: Buffer) => string[] {
  let rest = Buffer.alloc(0);
  let isStarted = false;
  return (bytes) => {
    rest = Buffer.concat([rest, bytes]);
    const found: string[] = [];
    for (;;) {
      const head = isStarted ? 1 : 0;
      const length = rest.length < head + 4 ? Infinity : head + rest.readInt32BE(head);
      if (rest.length < length) {
        return found;
      }
      const letter = isStarted ? String.fromCharCode(rest[0] ?? 0) : "";
      const [first = "", second = ""] = rest.toString("utf8", head + 4, length).split("\0");
      if (letter === "Q" || letter === "P") {
        found.push(letter === "Q" ? first : second);
      }
      rest = rest.subarray(length);
      isStarted = true;
    }
  };
}
