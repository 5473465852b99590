import { visible } from "../runner/base/visible";

/** How often a long step says that it is still at work. */
const REPORT_EVERY_SECONDS = 15;

/** Says one line to the user, on standard error: standard output belongs to what was asked for. */
export function say(text: string): void {
  process.stderr.write(`v7: ${visible(text)}\n`);
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

/** What a step can tell while it works: the latest note goes into the next report. */
export type Note = (text: string) => void;

/**
 * Does one step and tells of it: a line when it begins, one every 15 seconds while it lasts, one when it is done.
 *
 * Plain lines, the same for a terminal and for a log.
 */
export async function step<T>(name: string, work: (note: Note) => Promise<T>): Promise<T> {
  const began = Date.now();
  let latest = "";
  say(`${name} ...`);
  const timer = setInterval(() => {
    say(`  ${elapsed(Date.now() - began)}${latest === "" ? "" : `, ${latest}`}`);
  }, REPORT_EVERY_SECONDS * 1000);
  try {
    const result = await work((text) => {
      latest = text;
    });
    say(`  done in ${elapsed(Date.now() - began)}`);
    return result;
  } finally {
    clearInterval(timer);
  }
}
