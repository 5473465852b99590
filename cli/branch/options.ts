import { InvalidArgumentError, Option } from "commander";

/** The option `--branch`. */
export function branchOption(): Option {
  return new Option("--branch <name>", "the branch; default: the one that is checked out");
}

/** A number of days, fractions allowed. */
export function parseDays(text: string): number {
  const days = Number(text);
  if (text.trim() === "" || !Number.isFinite(days) || days <= 0 || days > 3650) {
    throw new InvalidArgumentError("expected a number of days, more than 0 and at most 3650.");
  }
  return days;
}
