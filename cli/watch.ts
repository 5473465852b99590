import { setTimeout as sleep } from "node:timers/promises";

const EVERY_MS = 5000;

/**
 * Calls `show` every five seconds, until Ctrl-C or SIGTERM. Errors after that signal are ignored: a terminal sends Ctrl-C to
 * the processes that `show` runs, too.
 */
export async function watch(show: () => Promise<void>): Promise<void> {
  const stop = new AbortController();
  const end = (): void => {
    stop.abort();
  };
  process.once("SIGINT", end).once("SIGTERM", end);
  try {
    while (!stop.signal.aborted) {
      await show();
      await sleep(EVERY_MS, undefined, { signal: stop.signal });
    }
  } catch (error) {
    if (!stop.signal.aborted) {
      throw error;
    }
  } finally {
    process.off("SIGINT", end).off("SIGTERM", end);
  }
}
