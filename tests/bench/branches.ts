/**
 * What a branch's database costs: `npx tsx tests/bench/branches.ts [COUNT]` (default 10).
 *
 * One branch up on a warm machine, up again, down; then COUNT at once. Each line is the whole command as a user waits for
 * it, and the time from the server's resource being made to the last of it; then what each idle server takes of memory.
 */
import { branch, jsonOf, makeRepository } from "../support/branches";
import { makeCheckout, type Checkout, type CommandResult } from "../support/checkout";

async function main(): Promise<void> {
  const count = Number(process.argv[2] ?? 10);
  const checkout = await makeCheckout();
  makeRepository(checkout);
  try {
    report("up, the first in this checkout", () => branch(checkout, "up", "first"));
    for (const name of ["second", "third", "fourth"]) {
      report(`up, ${name}`, () => branch(checkout, "up", name));
    }
    report("up again, nothing to do", () => branch(checkout, "up", "second"));
    report("url", () => branch(checkout, "url", "second"));
    for (const name of ["first", "second", "third", "fourth"]) {
      report(`down, ${name}`, () => branch(checkout, "down", name));
    }
    await manyAtOnce(checkout, count);
  } finally {
    checkout.remove();
  }
}

async function manyAtOnce(checkout: Checkout, count: number): Promise<void> {
  const names = Array.from({ length: count }, (_, index) => `many-${index}`);
  for (const verb of ["up", "down"]) {
    const began = Date.now();
    const results = await Promise.all(
      names.map((name) => checkout.startV7(["branch", verb, `--branch=${name}`]).result),
    );
    check(results);
    print(`${verb}, ${count} at once`, Date.now() - began);
    if (verb === "up") {
      const listed = jsonOf(checkout.v7(["branch", "list", "--json"]).output) as {
        memoryMebibytes?: number;
      }[];
      const sizes = listed.map(({ memoryMebibytes }) => memoryMebibytes ?? Number.NaN);
      process.stdout.write(`memory of each, MiB: ${sizes.join(" ")}\n`);
    }
  }
}

function report(name: string, work: () => CommandResult): void {
  const began = Date.now();
  check([work()]);
  print(name, Date.now() - began);
}

function check(results: readonly CommandResult[]): void {
  const failed = results.find(({ code }) => code !== 0);
  if (failed !== undefined) {
    throw new Error(failed.output);
  }
}

function print(name: string, milliseconds: number): void {
  process.stdout.write(`${name.padEnd(34)} ${(milliseconds / 1000).toFixed(1)} s\n`);
}

void main();
