import { randomInt } from "node:crypto";
import type { Socket } from "node:net";
import { Client, type ClientConfig } from "pg";
import { listen, type Listening } from "./listening";
import { eachMessage } from "./proxy";

export interface PoolerOptions {
  /** `transaction` lends a backend for one transaction, `session` for one client's life. */
  readonly mode: "transaction" | "session";
  /** How many backends it has. */
  readonly size: number;
  /** Whether it lends the backend that has been free longest, as PgBouncer's server_round_robin; else the last one. */
  readonly isRoundRobin?: boolean;
  /** The process id that it announces to the client: a made-up one like PgBouncer's, or the first backend's own. */
  readonly announces?: "random" | "backend";
}

export interface Pooler extends Listening {
  /** Of each backend, the setting search_path as its next user finds it. */
  searchPaths(): Promise<readonly string[]>;
}

interface Backend {
  readonly client: Client;
  readonly socket: Socket;
  user: Socket | undefined;
}

/** A small PgBouncer: it accepts every login, and lends its backends. */
export async function startPooler(
  server: ClientConfig,
  { mode, size, isRoundRobin = false, announces = "random" }: PoolerOptions,
): Promise<Pooler> {
  const all = await Promise.all(Array.from({ length: size }, () => openBackend(server)));
  const free = [...all];
  const waiting: (() => void)[] = [];
  const lend = async (user: Socket): Promise<Backend> => {
    while (free.length === 0) {
      await new Promise<void>((resolve) => waiting.push(resolve));
    }
    const backend = (isRoundRobin ? free.shift() : free.pop()) as Backend;
    backend.user = user;
    return backend;
  };
  const giveBack = (backend: Backend): void => {
    backend.user = undefined;
    free.push(backend);
    waiting.shift()?.();
  };

  const serve = (user: Socket): void => {
    let lent: Backend | undefined;
    let work = Promise.resolve();
    let isStarted = false;
    const release = (): void => {
      if (lent !== undefined) {
        giveBack(lent);
        lent = undefined;
      }
    };
    const answered = (status: string): void => {
      if (mode === "transaction" && status === "I") {
        release();
      }
    };
    const handle = async (data: Buffer): Promise<void> => {
      if (!isStarted) {
        isStarted = true;
        const pid = announces === "random" ? randomInt(2 ** 31) : pidOf(all[0]);
        user.write(welcome(pid));
      } else if (data.toString("latin1", 0, 1) !== "X") {
        lent ??= await lend(user);
        listeners.set(user, answered);
        lent.socket.write(data);
      }
    };
    user.on("data", (data: Buffer) => {
      work = work.then(() => handle(data));
    });
    user.on("close", () => {
      void work.then(release);
    });
  };
  const listeners = new WeakMap<Socket, (status: string) => void>();
  for (const backend of all) {
    backend.socket.removeAllListeners("data").on(
      "data",
      eachMessage((message) => {
        const { user } = backend;
        user?.write(message);
        if (message.toString("latin1", 0, 1) === "Z" && user !== undefined) {
          listeners.get(user)?.(message.toString("latin1", 5, 6));
        }
      }),
    );
  }
  const listening = await listen(serve);
  return {
    ...listening,
    searchPaths: () => Promise.all(all.map(searchPathOf)),
    stop: async () => {
      await listening.stop();
      all.forEach(({ socket }) => socket.destroy());
    },
  };
}

async function openBackend(server: ClientConfig): Promise<Backend> {
  const client = new Client(server);
  client.on("error", () => undefined);
  await client.connect();
  const { stream } = (client as unknown as { connection: { stream: Socket } }).connection;
  return { client, socket: stream, user: undefined };
}

function pidOf(backend: Backend | undefined): number {
  return (backend?.client as unknown as { processID: number }).processID;
}

function searchPathOf({ socket }: Backend): Promise<string> {
  return new Promise((resolve) => {
    let answer = "";
    const collect = eachMessage((message) => {
      const type = message.toString("latin1", 0, 1);
      answer += type === "D" ? message.toString("utf8", 11) : "";
      if (type === "Z") {
        socket.off("data", collect);
        resolve(answer);
      }
    });
    socket.on("data", collect);
    socket.write(message("Q", "SHOW search_path\0"));
  });
}

/** The messages after which a client may ask: no password, two parameters, key data, ready. */
function welcome(pid: number): Buffer {
  const number = (value: number): string => {
    const bytes = Buffer.alloc(4);
    bytes.writeInt32BE(value);
    return bytes.toString("latin1");
  };
  return Buffer.concat([
    message("R", number(0)),
    message("S", "client_encoding\0UTF8\0"),
    message("S", "standard_conforming_strings\0on\0"),
    message("K", number(pid) + number(1)),
    message("Z", "I"),
  ]);
}

function message(type: string, body: string): Buffer {
  const bytes = Buffer.from(`${type}    ${body}`, "latin1");
  bytes.writeInt32BE(bytes.length - 1, 1);
  return bytes;
}
