import { setTimeout as sleep } from "node:timers/promises";
import { DatabaseError, escapeIdentifier, type ClientBase } from "pg";
import type { ConnectionSettings } from "../model";
import { cloneFault, inUseFault, OBJECT_IN_USE } from "./cloneFault";
import { unfinishedMark } from "./template";

/** The template, the new database and its stack. */
export interface Copied {
  readonly connection: Pick<ConnectionSettings, "databaseName">;
  readonly template: string;
  readonly stack: string;
}

export interface CopyOptions {
  readonly onProgress?: (message: string) => void;
  /** How long to wait for a template that is in use. Default: 20. */
  readonly inUseSeconds?: number;
}

/**
 * Copies the template by CREATE DATABASE; waits for a while where it is in use. The copy accepts no connections, and its
 * connection limit identifies its stack.
 *
 * @param what the operation, for messages
 * @throws CLONE_REFUSED
 */
export async function copyTemplate(
  client: ClientBase,
  what: string,
  { connection, template, stack }: Copied,
  { onProgress, inUseSeconds = 20 }: CopyOptions,
): Promise<void> {
  const deadline = Date.now() + inUseSeconds * 1000;
  for (;;) {
    try {
      await client.query(
        `CREATE DATABASE ${escapeIdentifier(connection.databaseName)} TEMPLATE ${escapeIdentifier(template)}
           ALLOW_CONNECTIONS false CONNECTION LIMIT ${unfinishedMark(stack)}`,
      );
      return;
    } catch (error) {
      if (!(error instanceof DatabaseError && error.code === OBJECT_IN_USE)) {
        throw cloneFault(what, error);
      }
      if (Date.now() > deadline) {
        throw await inUseFault(client, what, template, error);
      }
      onProgress?.(`waiting for those who use "${template}"`);
      await sleep(100 + Math.random() * 200);
    }
  }
}
