import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import type { Client } from "pg";
import { from as copyFrom, to as copyTo } from "pg-copy-streams";

/** So much is handed to the socket at once. */
const CHUNK_BYTES = 64 * 1024;

/**
 * Runs a COPY … FROM stdin with these rows.
 *
 * @returns how many rows the server took
 */
export async function copyIn(client: Client, sql: string, rows: Buffer): Promise<number> {
  return await alone([client], async () => {
    const stream = client.query(copyFrom(sql));
    await pipeline(Readable.from(chunksOf(rows), { objectMode: false }), stream);
    return stream.rowCount;
  });
}

/**
 * Streams the rows of a COPY … TO stdout into a COPY … FROM stdin of another server: no more than a few chunks of them
 * are here at any time.
 *
 * Where it throws, the connection to the source is no longer usable: the server may be in the middle of a row.
 *
 * @returns how many rows left the source, and how many the target took
 */
export async function copyAcross(
  source: { readonly client: Client; readonly sql: string },
  target: { readonly client: Client; readonly sql: string },
): Promise<{ readonly sent: number; readonly taken: number }> {
  return await alone([source.client, target.client], async () => {
    const out = source.client.query(copyTo(source.sql));
    const into = target.client.query(copyFrom(target.sql));
    await pipeline(out, into);
    // The source's own count comes behind its last row: the next query waits for it.
    await source.client.query("SELECT");
    return { sent: out.rowCount, taken: into.rowCount };
  });
}

/**
 * A COPY has the connection to itself: `pg` refuses it where other queries may be sent meanwhile.
 *
 * After a COPY that failed, each query goes on waiting for the one before it: a server that has not yet read the end
 * of the COPY takes the next query for a part of it, and ends the session.
 */
async function alone<T>(clients: readonly Client[], use: () => Promise<T>): Promise<T> {
  const set = (pipelined: boolean): void => {
    clients.forEach((client) => Object.assign(client, { pipeline: pipelined }));
  };
  set(false);
  const result = await use();
  set(true);
  return result;
}

function* chunksOf(bytes: Buffer): Generator<Buffer> {
  for (let at = 0; at < bytes.length; at += CHUNK_BYTES) {
    yield bytes.subarray(at, at + CHUNK_BYTES);
  }
}
