import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import type { Client } from "pg";
import { from as copyFrom, to as copyTo } from "pg-copy-streams";

/** How much is written to the socket at once. */
const CHUNK_BYTES = 64 * 1024;

/** Runs a COPY … FROM stdin with these rows. */
export async function copyIn(client: Client, sql: string, rows: Buffer): Promise<void> {
  await withoutPipeline([client], async () => {
    const stream = client.query(copyFrom(sql));
    await pipeline(Readable.from(chunksOf(rows), { objectMode: false }), stream);
  });
}

/**
 * Streams the rows of a COPY … TO stdout into a COPY … FROM stdin of another server; only a few chunks are in memory.
 *
 * Where it throws, the connection to the source is no longer usable: the server may be in the middle of a row.
 *
 * @returns how many rows the source sent, and how many the target wrote
 */
export async function copyAcross(
  source: { readonly client: Client; readonly sql: string },
  target: { readonly client: Client; readonly sql: string },
): Promise<{ readonly sent: number; readonly taken: number }> {
  return await withoutPipeline([source.client, target.client], async () => {
    const out = source.client.query(copyTo(source.sql));
    const into = target.client.query(copyFrom(target.sql));
    await pipeline(out, into);
    // The source's row count arrives after its last row: the next query waits for it.
    await source.client.query("SELECT");
    return { sent: out.rowCount, taken: into.rowCount };
  });
}

/**
 * Runs `use` while these clients send each query only after the answer to the one before: `pg` refuses a COPY in pipeline
 * mode.
 *
 * After a COPY that failed, pipeline mode stays off: a server that has not yet read the end of the COPY would take the next
 * query for a part of it, and end the session.
 */
async function withoutPipeline<T>(clients: readonly Client[], use: () => Promise<T>): Promise<T> {
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
