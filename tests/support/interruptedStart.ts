import { existsSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import type { Checkout, CommandResult } from "./checkout";

/** Moments of an `npm start` of a new stack, each recognized by what it or its Pulumi has printed: a clock would hit another moment each time. */
export const MOMENTS = [
  /making our stand-in/,
  /is new: an embedded server/,
  /Created stack/,
  /Updating \(/,
  /policy packs\.\.\.: starting/,
  /policy packs\.\.\.: done/,
  /pulumi:Stack \S+ creating/,
  /database-server creating/,
  /a data directory that|copying the prepared/,
  /starting PostgreSQL/,
  /database-server created/,
  /gate creating/,
  /roles-v7_ci creating/,
  /directive creating/,
  /section_1 1\/1/,
  /section_8 1\/1/,
  /steps committed/,
  /grants-v7_reader-public creating/,
  /catalog creating/,
  /to stop the database/,
] as const;

const POLL_MILLISECONDS = 5;

/** Starts the stack and sends ^C at that moment to the process group, as a terminal does. */
export async function interruptStart(
  checkout: Checkout,
  stack: string,
  moment: RegExp,
): Promise<CommandResult> {
  const started = checkout.startNpm("start", ["--stack", stack]);
  const state = { isRunning: true };
  const log = join(checkout.folder, ".v7", "logs", `start-${stack}.log`);
  rmSync(log, { force: true });
  const seen = (): string => started.printed() + (existsSync(log) ? readFileSync(log, "utf8") : "");
  const result = started.result.finally(() => {
    state.isRunning = false;
  });
  while (state.isRunning && !moment.test(seen())) {
    await sleep(POLL_MILLISECONDS);
  }
  if (state.isRunning) {
    process.kill(-started.pid, "SIGINT");
  }
  return { ...(await result), output: seen() };
}
