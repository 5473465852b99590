/**
 * Waits for all of these queries, which were sent in one round trip: our clients send each query at once, and the server
 * answers them in order.
 *
 * @throws the error of the first query in the list that failed; in a transaction, the errors of later ones only follow
 *   from it
 */
export async function together<T extends readonly unknown[] | []>(
  queries: T,
): Promise<{ -readonly [K in keyof T]: Awaited<T[K]> }> {
  await Promise.allSettled(queries);
  // Since all are settled, this throws the first error in the list's order, not in time.
  return await Promise.all(queries);
}
