import type { ClientBase } from "pg";

/** How the server answered one query. */
export interface CompletedQuery {
  /** Whole command tags without counts (`INSERT 0 7` is `INSERT`), one for each statement that completed. */
  readonly tags: readonly string[];
  /** The transaction status after it: I idle, T in a transaction, E in a failed transaction. */
  readonly status: string;
}

/** Listens to the answers of a client's queries. */
export interface CompletedQueries {
  /** Removes and returns the oldest answers that were not yet taken, at most so many. Default: all. */
  take(count?: number): readonly CompletedQuery[];
  stop(): void;
}

/** A private part of `pg`'s client that gives the protocol's messages; its results have only a tag's first word. */
interface Inside {
  readonly connection: Pick<NodeJS.EventEmitter, "on" | "off">;
}

/** Listens to the messages that the server sends at the end of each statement and of each query. */
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
