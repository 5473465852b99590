/**
 * `npm start` of a new stack, interrupted by ^C at each of twenty moments, and what the next one comes to.
 *
 * `npx tsx tests/bench/interruptedStart.ts [NUMBER…]`: all of them, or these, counted from 1.
 */
import { makeCheckout } from "../support/checkout";
import { interruptStart, MOMENTS } from "../support/interruptedStart";

const NUMBERS = process.argv.slice(2).map(Number);

async function main(): Promise<void> {
  const checkout = await makeCheckout();
  try {
    const chosen = [...MOMENTS.entries()].filter(
      ([index]) => NUMBERS.length === 0 || NUMBERS.includes(index + 1),
    );
    for (const [index, moment] of chosen) {
      const stack = `at-${String(index + 1)}`;
      const { code, output } = await interruptStart(checkout, stack, moment);
      const next = checkout.npm("start", ["--stack", stack]);
      const { output: status } = checkout.v7(["status", "--stack", stack]);
      const isWell = next.code === 0 && /drift +none/.test(status);
      const was = moment.test(output) ? `ended with ${String(code)}` : "never came there";
      console.log(`${stack} ${String(moment)}: ${was}; the next ${isWell ? "well" : next.output}`);
      checkout.v7(["stop", "--stack", stack]);
    }
  } finally {
    checkout.remove();
  }
}

void main();
