import { withLock } from "../runner/base/lock";
import { say } from "./progress";

/**
 * Runs the work under a lock file; says once that it waits while another process holds the lock.
 *
 * @param doing what the other process does, for that message: `building the engine`
 */
export function withToldLock<T>(file: string, doing: string, work: () => Promise<T>): Promise<T> {
  let isTold = false;
  return withLock(file, work, (pid) => {
    if (!isTold) {
      isTold = true;
      say(`another v7 is ${doing} (pid ${pid}), waiting`);
    }
  });
}
