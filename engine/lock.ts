import { withLock } from "../runner/base/lock";
import { say } from "./progress";

/**
 * Does the work while no other process does work under the same lock; says once that it waits for one that does.
 *
 * @param doing what others do meanwhile, for the message to those who wait: `building the engine`
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
