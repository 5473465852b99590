import type { Bar, Tone } from "../../runner/pages/blocks";
import type { Phase } from "./progress";

/** How much of the picture's width a phase has at least. */
const LEAST = 0.01;

/**
 * The phases over time, by the tables' own time stamps: from when a phase, or the first of its tasks, was started until it
 * was completed, or until now. Phases that nobody has started are left out.
 */
export function courseOf(
  phases: readonly Phase[],
  now: string,
  toneOf: (status: string) => Tone,
): readonly Bar[] {
  const times = phases.flatMap(({ number, name, status, startedAt, completedAt }) =>
    startedAt === null
      ? []
      : [{ label: `${number}. ${name}`, status, startedAt, end: completedAt ?? now, completedAt }],
  );
  const first = Math.min(...times.map(({ startedAt }) => Date.parse(startedAt)));
  const last = Math.max(...times.map(({ end }) => Date.parse(end)));
  const share = (time: string): number => (Date.parse(time) - first) / Math.max(1, last - first);
  return times.map(({ label, status, startedAt, end, completedAt }) => ({
    label,
    value: `${day(startedAt)} to ${completedAt === null ? "now" : day(completedAt)}, ${status}`,
    // What was short is still to be seen, inside of the picture.
    from: Math.min(1 - LEAST, share(startedAt)),
    share: Math.max(LEAST, share(end) - share(startedAt)),
    tone: toneOf(status),
  }));
}

function day(time: string): string {
  return time.slice(0, 10);
}
