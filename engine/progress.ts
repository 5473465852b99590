import { visible } from "../runner/base/visible";

/** How often a long step says that it is still at work: in a log, and on the line of a terminal that is written over. */
const REPORT_EVERY_MILLISECONDS = { log: 15_000, terminal: 250 };

const ERASE_LINE = "\r\u001b[K";

/** The line at the terminal's bottom that is written over; empty where there is none. */
let liveLine = "";

/** Says one line to the user, on standard error: standard output belongs to what was asked for. */
export function say(text: string): void {
  process.stderr.write(`${liveLine === "" ? "" : ERASE_LINE}v7: ${visible(text)}\n${liveLine}`);
}

/** A duration as people read it: `0.4 s`, `12 s`, `3 min 28 s`. */
export function elapsed(milliseconds: number): string {
  const seconds = milliseconds / 1000;
  if (seconds < 10) {
    return `${seconds.toFixed(1)} s`;
  }
  const whole = Math.round(seconds);
  return whole < 60 ? `${whole} s` : `${Math.floor(whole / 60)} min ${whole % 60} s`;
}

/** What a step can tell while it works: the latest note goes into the next report, and into the last. */
export type Note = (text: string) => void;

/**
 * Does one step and tells of it. On a terminal by one line that is written over; elsewhere by plain lines: one when it
 * begins, one every 15 seconds while it lasts, one when it ends.
 *
 * @param isDone whether the result is a good one; default: any is, and only what is thrown is not
 */
export async function step<T>(
  name: string,
  work: (note: Note) => Promise<T>,
  isDone: (result: T) => boolean = () => true,
): Promise<T> {
  const began = Date.now();
  const isLive = isTerminal();
  let latest = "";
  const soFar = (): string => elapsed(Date.now() - began) + (latest === "" ? "" : `, ${latest}`);
  const report = (): void => {
    if (isLive) {
      drawLine(`v7: ${name} ... ${soFar()}`);
    } else {
      say(`  ${soFar()}`);
    }
  };
  const end = (how: string): void => {
    drawLine("");
    say(isLive ? `${name}: ${how} ${soFar()}` : `  ${how} ${soFar()}`);
  };
  if (isLive) {
    report();
  } else {
    say(`${name} ...`);
  }
  const timer = setInterval(report, REPORT_EVERY_MILLISECONDS[isLive ? "terminal" : "log"]);
  try {
    const result = await work((text) => {
      latest = text;
    });
    end(isDone(result) ? "done in" : "failed after");
    return result;
  } catch (error) {
    end("failed after");
    throw error;
  } finally {
    clearInterval(timer);
  }
}

/** Leaves the terminal's last line as it is: for a process that a signal ends. */
export function leaveLine(): void {
  if (liveLine !== "") {
    liveLine = "";
    process.stderr.write("\n");
  }
}

/** Whether standard error is a terminal whose last line can be written over. */
function isTerminal(): boolean {
  return process.stderr.isTTY && process.env["TERM"] !== "dumb";
}

/** Writes over the terminal's last line, cut where the terminal ends; nothing is written where nothing changes. */
function drawLine(text: string): void {
  const { columns } = process.stderr;
  const line = visible(text).slice(0, columns > 1 ? columns - 1 : 79);
  if (line !== liveLine) {
    liveLine = line;
    process.stderr.write(`${ERASE_LINE}${line}`);
  }
}
