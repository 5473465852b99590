import { fromNow } from "../../../cli/fromNow";

const NOW = new Date("2026-11-28T12:00:00Z");

it.each([
  [14 * 86_400 - 1, "in 14 days"],
  [-86_400, "1 day ago"],
  [-3 * 3600, "3 hours ago"],
  [90, "in 2 minutes"],
  [-0.4, "0 seconds ago"],
])("fromNow gives a time %d seconds from now as %s", (seconds, expected) => {
  expect(fromNow(new Date(NOW.getTime() + seconds * 1000), NOW)).toBe(expected);
});
