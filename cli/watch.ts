import { setTimeout as sleep } from "node:timers/promises";

const EVERY_MS = 5000;

/**
 * Calls `show` every five seconds, until Ctrl-C or SIGTERM; then it returns. What fails after
 * that signal, which children of ours get too, is no fault.
 */
export async function watch(show: () => Promise<void>, everyMs = EVERY_MS): Promise<void> {
  const stop = new AbortController();
  const end = (): void => {
    stop.abort();
  };
  process.once("SIGINT", end).once("SIGTERM", end);
  try {
    while (!stop.signal.aborted) {
      await show();
      await sleep(everyMs, undefined, { signal: stop.signal });
    }
  } catch (error) {
    if (!stop.signal.aborted) {
      throw error;
    }
  } finally {
    process.off("SIGINT", end).off("SIGTERM", end);
  }
}
