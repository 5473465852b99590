import type { ClientBase } from "pg";

/** How the server answered one query. */
export interface CompletedQuery {
  /** Whole command tags, without counts: `INSERT 0 7` is `INSERT`. One for each statement that came to its end. */
  readonly tags: readonly string[];
  /** Whether a transaction is open behind it: I no, T yes, E one that failed. */
  readonly status: string;
}

/** Listens to the answers of a client's queries. */
export interface CompletedQueries {
  /** The answers since they were last taken, in order; at most so many. */
  take(count?: number): readonly CompletedQuery[];
  stop(): void;
}

/** What `pg` keeps to itself: the protocol's messages. Its results have a tag's first word only. */
interface Inside {
  readonly connection: Pick<NodeJS.EventEmitter, "on" | "off">;
}

/** Listens to what the server says at the end of each statement and of each query. */
export function watchQueries(client: ClientBase): CompletedQueries {
  const { connection } = client as unknown as Inside;
  let tags: string[] = [];
  const completed: CompletedQuery[] = [];
  const onTag = ({ text }: { readonly text: string }): void => {
    tags.push(text.replace(/(?: \d+)+$/, ""));
  };
  const onEnd = ({ status }: { readonly status: string }): void => {
    completed.push({ tags, status });
    tags = [];
  };
  connection.on("commandComplete", onTag);
  connection.on("readyForQuery", onEnd);
  return {
    take: (count = completed.length) => completed.splice(0, count),
    stop: () => {
      connection.off("commandComplete", onTag);
      connection.off("readyForQuery", onEnd);
    },
  };
}
