import type { Client } from "pg";

/** What `pg` keeps to itself: the protocol's messages. Its results have a tag's first word only. */
interface Inside {
  readonly connection: {
    on(event: "commandComplete", listener: (message: { readonly text: string }) => void): void;
  };
}

/**
 * Listens to the tags with which the server says that a command is complete, whole: `ALTER TABLE`. Counts are left out:
 * `INSERT 0 7` is `INSERT`.
 *
 * @returns gives the tags since it was last called, in order
 */
export function watchCommands(client: Client): () => readonly string[] {
  let tags: string[] = [];
  (client as unknown as Inside).connection.on("commandComplete", ({ text }) => {
    tags.push(text.replace(/(?: \d+)+$/, ""));
  });
  return () => {
    const taken = tags;
    tags = [];
    return taken;
  };
}
