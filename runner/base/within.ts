import { setTimeout as sleep } from "node:timers/promises";

/**
 * What the work gives, or `late`'s error where it takes longer than so many seconds: then the work goes on, and nobody waits
 * for it.
 */
export async function within<T>(seconds: number, work: Promise<T>, late: () => Error): Promise<T> {
  const end = new AbortController();
  const deadline = sleep(seconds * 1000, undefined, { signal: end.signal }).then(() => {
    throw late();
  });
  // Of the promise that loses the race, the rejection must not end the process.
  void Promise.allSettled([work, deadline]);
  try {
    return await Promise.race([work, deadline]);
  } finally {
    end.abort();
  }
}
