/** One measurement of tests/bench/peers.ts, in a process of its own: NAME MODULES URL FOLDER. */
import { performance } from "node:perf_hooks";
import { TOOLS } from "./tools";

async function main(): Promise<void> {
  const [name = "", modules = "", url = "", folder = ""] = process.argv.slice(2);
  const run = await TOOLS[name]?.load(modules);
  const began = performance.now();
  await run?.(url, folder);
  process.send?.(performance.now() - began);
}

void main();
