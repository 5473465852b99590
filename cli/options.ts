import { InvalidArgumentError, Option } from "commander";

export function stackOption(): Option {
  return new Option("--stack <name>", "the stack")
    .env("V7_STACK")
    .default("dev")
    .argParser(notEmpty);
}

/** Pulumi would take an empty name, such as a script's variable that is not set, for the selected stack. */
function notEmpty(name: string): string {
  if (name.trim() === "") {
    throw new InvalidArgumentError("A stack's name.");
  }
  return name;
}

export function branchOption(): Option {
  return new Option("--branch <name>", "the branch; default: the one that is checked out");
}

export function jsonOption(): Option {
  return new Option("--json", "print JSON");
}

/** Reads an option's value as a whole number. */
export function wholeNumber(least: number, most: number): (text: string) => number {
  return (text) => {
    const number = Number(text);
    if (!/^\d+$/.test(text) || number < least || number > most) {
      throw new InvalidArgumentError(`A whole number from ${least} to ${most}.`);
    }
    return number;
  };
}

/** Reads an option's value as a number of days, fractions allowed. */
export function days(text: string): number {
  const number = Number(text);
  if (text.trim() === "" || !Number.isFinite(number) || number <= 0 || number > 3650) {
    throw new InvalidArgumentError("A number of days, more than 0 and at most 3650.");
  }
  return number;
}
