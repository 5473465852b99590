import { join } from "node:path";
import { withToldLock } from "../../engine/lock";
import { recordsFolder } from "./record";

/** Runs the work under the stack's lock: waits while another `v7 branch` of this checkout works on that stack. */
export function withBranch<T>(stack: string, work: () => Promise<T>): Promise<T> {
  return withToldLock(join(recordsFolder(), `.${stack}.lock`), `at work on stack ${stack}`, work);
}
