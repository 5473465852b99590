/**
 * Waits for queries that were sent together, in one round trip: a client of ours sends each query at once, and the server
 * answers them in order. Waits for all of them, so that none is left behind on the connection.
 *
 * @throws what the first of those threw that failed: what the others say, in a transaction, is that it did
 */
export async function together<T extends readonly unknown[] | []>(
  queries: T,
): Promise<{ -readonly [K in keyof T]: Awaited<T[K]> }> {
  await Promise.allSettled(queries);
  // All are settled: the first in the list decides, not the first in time.
  return await Promise.all(queries);
}
