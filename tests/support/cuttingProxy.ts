import { connect, type Socket } from "node:net";
import { listen } from "./listening";

/** The place at which the connections are cut: before the server gets a statement, or after it has answered. */
export interface Cut {
  /** The beginning of the statement. */
  readonly sql: string;
  /** The number of the statement among those with this beginning, from 1; several connections are not ordered. */
  readonly nth: number;
  readonly when: "before" | "after";
}

/** A proxy between a client and a server that reads each statement, and cuts every connection for good at one of them. */
export interface CuttingProxy {
  readonly port: number;
  /** The statements so far, of all connections, in the order in which they came. */
  readonly statements: readonly string[];
  /** Whether the connections have been cut. */
  isCut(): boolean;
  stop(): Promise<void>;
}

/**
 * Acts like a client that is killed at that moment: its connections end, and it opens no others. What it sent
 * before that statement arrives, in the same round trip or not; nothing that it sent with it or does afterwards.
 */
export async function startCuttingProxy(
  server: { readonly host: string; readonly port: number },
  cut?: Cut,
): Promise<CuttingProxy> {
  const statements: string[] = [];
  const sockets = new Set<Socket>();
  let isCut = false;
  const end = (but?: Socket): void => {
    isCut = true;
    sockets.forEach((socket) => socket !== but && socket.destroy());
  };
  const { port, stop } = await listen((client) => {
    if (isCut) {
      client.destroy();
      return;
    }
    const upstream = connect(server);
    for (const socket of [client, upstream]) {
      sockets.add(socket.setNoDelay(true));
      socket.on("error", () => undefined);
      socket.on("close", () => {
        client.destroy();
        if (!isCut) {
          upstream.destroy();
        }
      });
    }
    const read = messageReader();
    let isLast = false;
    client.on("data", (bytes: Buffer) => {
      for (const { message, statement } of read(bytes)) {
        if (statement !== undefined) {
          statements.push(statement);
          isLast ||= isThere(cut, statements);
        }
        if (isLast && cut?.when === "before") {
          // Gracefully: what is on its way to the server is not lost.
          upstream.end();
          end(upstream);
          return;
        }
        upstream.write(message);
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
  return {
    port,
    statements,
    isCut: () => isCut,
    stop: async () => {
      end();
      await stop();
    },
  };
}

/** Whether the last of the statements is the one to cut at. */
function isThere(cut: Cut | undefined, statements: readonly string[]): boolean {
  const begins = (sql: string | undefined): boolean =>
    cut !== undefined && sql?.trim().startsWith(cut.sql) === true;
  return begins(statements.at(-1)) && statements.filter(begins).length === cut?.nth;
}

/** The name of a COPY's rows among the statements. */
export const COPIED_ROWS = "(rows of a COPY)";

interface Message {
  readonly message: Buffer;
  /** The SQL that it brings. */
  readonly statement?: string;
}

/** Reads what a client sends: after the startup message, each has a letter and its length; Q and P bring SQL, d rows. */
function messageReader(): (bytes: Buffer) => Message[] {
  let rest = Buffer.alloc(0);
  let isStarted = false;
  return (bytes) => {
    rest = Buffer.concat([rest, bytes]);
    const found: Message[] = [];
    for (;;) {
      const head = isStarted ? 1 : 0;
      const length = rest.length < head + 4 ? Infinity : head + rest.readInt32BE(head);
      if (rest.length < length) {
        return found;
      }
      const message = rest.subarray(0, length);
      const letter = isStarted ? String.fromCharCode(rest[0] ?? 0) : "";
      const [first = "", second = ""] = rest.toString("utf8", head + 4, length).split("\0");
      const statement = { Q: first, P: second, d: COPIED_ROWS }[letter];
      found.push(statement === undefined ? { message } : { message, statement });
      rest = rest.subarray(length);
      isStarted = true;
    }
  };
}
