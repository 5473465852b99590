import type { Bar, Tone } from "../../runner/pages/blocks";
import type { Phase } from "./progress";

/** The least share of the picture's width that a phase gets, so that a short phase can be seen. */
const LEAST = 0.01;

/**
 * The phases over time, by the tables' time stamps: from the start of a phase, or of its first task, until its completion,
 * or until now. Phases that have not started are left out.
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
    from: Math.min(1 - LEAST, share(startedAt)),
    share: Math.max(LEAST, share(end) - share(startedAt)),
    tone: toneOf(status),
  }));
}

function day(time: string): string {
  return time.slice(0, 10);
}
