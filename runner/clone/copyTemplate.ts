import { setTimeout as sleep } from "node:timers/promises";
import { DatabaseError, escapeIdentifier, type ClientBase } from "pg";
import type { ConnectionSettings } from "../model";
import { cloneFault, inUseFault, OBJECT_IN_USE } from "./cloneFault";
import { unfinishedMark } from "./cloneState";
import { cloneStrategies, databaseSize, type CloneStrategy } from "./cloneStrategy";

/** What is copied, to where, for whom. */
export interface Copied {
  readonly connection: Pick<ConnectionSettings, "databaseName">;
  readonly template: string;
  readonly stack: string;
}

export interface CopyOptions {
  readonly onProgress?: (message: string) => void;
  /** How long a template that is in use is waited for. Default: 20. */
  readonly inUseSeconds?: number;
}

/**
 * Copies the template in the best way that the server can; waits a while for one that is in use. The copy lets nobody in,
 * and its connection limit says whose it is.
 *
 * @param what for messages
 * @throws CLONE_REFUSED
 */
export async function copyTemplate(
  client: ClientBase,
  what: string,
  request: Copied,
  { onProgress, inUseSeconds = 20 }: CopyOptions,
): Promise<CloneStrategy> {
  const { template } = request;
  const deadline = Date.now() + inUseSeconds * 1000;
  let ways = cloneStrategies(await serverVersion(client), await databaseSize(client, template));
  for (;;) {
    const [way, ...others] = ways;
    if (way === undefined) {
      throw new TypeError("no way to clone");
    }
    try {
      await copyIn(client, request, way);
      return way;
    } catch (error) {
      if (error instanceof DatabaseError && error.code === OBJECT_IN_USE) {
        if (Date.now() > deadline) {
          throw await inUseFault(client, what, template, error);
        }
        onProgress?.(`waiting for those who use "${template}"`);
        await sleep(100 + Math.random() * 200);
      } else if (others.length > 0) {
        ways = others;
      } else {
        throw cloneFault(what, error);
      }
    }
  }
}

async function copyIn(
  client: ClientBase,
  { connection, template, stack }: Copied,
  { strategy, method }: CloneStrategy,
): Promise<void> {
  if (method !== undefined) {
    await client.query(`SET file_copy_method = ${method}`);
  }
  try {
    await client.query(
      `CREATE DATABASE ${escapeIdentifier(connection.databaseName)} TEMPLATE ${escapeIdentifier(template)}
         STRATEGY ${strategy} ALLOW_CONNECTIONS false CONNECTION LIMIT ${String(unfinishedMark(stack))}`,
    );
  } finally {
    if (method !== undefined) {
      await client.query("RESET file_copy_method");
    }
  }
}

async function serverVersion(client: ClientBase): Promise<number> {
  const { rows } = await client.query<{ version: number }>(
    "SELECT current_setting('server_version_num')::int AS version",
  );
  return rows[0]?.version ?? 0;
}
