import { DatabaseError } from "pg";
import { fault, Fault } from "../base/fault";
import type { ThrowawayServer } from "../embedded";
import type { Bounds } from "./bounds";

const DISK_INTERVAL_MILLISECONDS = 1000;

/**
 * Runs a rehearsal on that server within its bounds. Where it exceeds one, the server is stopped at once.
 *
 * @throws REHEARSAL_FAILED where it was stopped, or where the server refused a statement that is not the plan's
 */
export async function bounded<T>(
  server: ThrowawayServer,
  bounds: Bounds,
  run: () => Promise<T>,
): Promise<T> {
  let reason: string | undefined;
  let refuse: (error: Error) => void = () => undefined;
  const isStopped = new Promise<never>((_, reject) => (refuse = reject));
  const stop = (why: string): void => {
    reason ??= why;
    void server.stop().finally(() => {
      refuse(stopped(why));
    });
  };
  const deadline = setTimeout(() => {
    stop(`it took longer than ${String(bounds.wholeSeconds)} s`);
  }, bounds.wholeSeconds * 1000);
  const watch = setInterval(() => {
    void server.diskBytes().then((bytes) => {
      if (bytes > bounds.diskBytes) {
        stop(`it took more than ${String(Math.ceil(bounds.diskBytes / 1024 ** 2))} MB of disk`);
      }
    });
  }, DISK_INTERVAL_MILLISECONDS);
  try {
    return await Promise.race([run(), isStopped]);
  } catch (error) {
    throw reason === undefined ? asFault(error, bounds) : stopped(reason);
  } finally {
    clearTimeout(deadline);
    clearInterval(watch);
  }
}

/** The message for a SQLSTATE of one of our bounds, or of a lack of memory or disk. */
function reasonOf(code: string | undefined, { statementSeconds }: Bounds): string | undefined {
  const reasons = new Map([
    ["57014", `a statement took longer than ${String(statementSeconds)} s`],
    ["53400", "a statement took more temporary files than it may"],
    ["53100", "the disk is full"],
    ["53200", "a statement took more memory than there is"],
  ]);
  return code === undefined ? undefined : reasons.get(code);
}

function asFault(error: unknown, bounds: Bounds): unknown {
  const cause = error instanceof Fault ? error.cause : error;
  if (cause instanceof DatabaseError) {
    const reason = reasonOf(cause.code, bounds);
    if (reason !== undefined) {
      return stopped(reason);
    }
    return error instanceof Fault ? error : refused(`SQLSTATE ${cause.code ?? "unknown"}`);
  }
  return cause instanceof Error && cause.message.startsWith("Connection terminated")
    ? stopped("its server ended")
    : error;
}

function stopped(why: string): Fault {
  return fault("REHEARSAL_FAILED", {
    what: "rehearsing the plan",
    found: `the rehearsal was stopped: ${why}`,
    remedy: "Rehearse with fewer rows (npx v7 rehearse --rows), or approve without a rehearsal",
  });
}

function refused(found: string): Fault {
  return fault("REHEARSAL_FAILED", {
    what: "building the rehearsal's copy of the target",
    found,
    remedy: "Apply without a rehearsal, or try the plan on a copy of the target",
  });
}
