import { visible } from "../runner/base/visible";

/** How often a long step reports: in a log, and on a terminal, where one line is overwritten. */
const REPORT_EVERY_MILLISECONDS = { log: 15_000, terminal: 250 };

const ERASE_LINE = "\r\u001b[K";

/** The terminal's last line, which the next report overwrites; empty where there is none. */
let liveLine = "";

/** Writes one line to standard error: standard output is for the answer only. */
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

/** Sets the text that the step's next report, and its last one, show beside the time. */
export type Note = (text: string) => void;

/**
 * Runs one step and reports its progress: on a terminal in one line that is overwritten, elsewhere in plain lines at the
 * beginning, every 15 seconds and at the end.
 *
 * @param isDone whether the result is a success; default: every result is
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

/** Ends the terminal's last line: for a process that a signal ends. */
export function leaveLine(): void {
  if (liveLine !== "") {
    liveLine = "";
    process.stderr.write("\n");
  }
}

/** Whether standard error is a terminal whose last line can be overwritten. */
function isTerminal(): boolean {
  return process.stderr.isTTY && process.env["TERM"] !== "dumb";
}

/** Overwrites the terminal's last line, cut to its width, if the line has changed. */
function drawLine(text: string): void {
  const { columns } = process.stderr;
  const line = visible(text).slice(0, columns > 1 ? columns - 1 : 79);
  if (line !== liveLine) {
    liveLine = line;
    process.stderr.write(`${ERASE_LINE}${line}`);
  }
}
