const UNITS = [
  ["day", 86_400],
  ["hour", 3600],
  ["minute", 60],
] as const;

const FORMAT = new Intl.RelativeTimeFormat("en");

/** A time relative to `now`, in its largest unit: `in 13 days`, `1 hour ago`. */
export function fromNow(time: Date, now: Date = new Date()): string {
  const seconds = (time.getTime() - now.getTime()) / 1000;
  const [unit, size] = UNITS.find(([, one]) => Math.abs(seconds) >= one) ?? ["second", 1];
  return FORMAT.format(Math.round(seconds / size), unit);
}
