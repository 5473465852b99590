/**
 * Measures how long a stack's embedded server takes until it answers, the first and further ones; then the size of its
 * data, and the memory of ten idle servers at once. Run by hand:
 *
 *     npx tsx tests/bench/createCluster.ts [rounds]
 *
 * Makes its checkout in the folder for temporary files, and takes it away at the end. Asserts nothing: a time is no promise.
 */
import { execFileSync } from "node:child_process";
import { performance } from "node:perf_hooks";
import { serverKibibytes } from "../../cli/branch/describe";
import { clusterStatus, createCluster, placeOf } from "../../runner/embedded";
import { POSTGRES_MAJORS, type PostgresMajor } from "../../runner/postgres/majors";
import { type Checkout, makeCheckout } from "../integration/embedded/checkout";

const ROUNDS = Number(process.argv[2] ?? 5);

async function main(): Promise<void> {
  const checkout = makeCheckout();
  try {
    for (const major of POSTGRES_MAJORS) {
      await measure(major, checkout);
    }
    await showMemory(checkout);
  } finally {
    await checkout.remove();
  }
}

/** Nothing is removed between the rounds: ext4 takes several times longer for files where others just were removed. */
async function measure(major: PostgresMajor, checkout: Checkout): Promise<void> {
  const first = await time(checkout, `first-${major}`, major);
  const copies: number[] = [];
  for (let round = 1; round <= ROUNDS; round++) {
    copies.push(await time(checkout, `${major}-${round}`, major));
  }
  const { dataDirectory } = await clusterStatus(placeOf(`${major}-1`, checkout.folder));
  const [size = ""] = execFileSync("du", ["-sh", String(dataDirectory)], {
    encoding: "utf8",
  }).split("\t");
  console.log(
    `PostgreSQL ${major}: ${summary(copies)}; the first, which prepares, ${first.toFixed(0)} ms; ${size} of data`,
  );
}

/** Until the database has answered a query, from the call. */
async function time(checkout: Checkout, stack: string, major: PostgresMajor): Promise<number> {
  const start = performance.now();
  await createCluster(placeOf(stack, checkout.folder), major);
  return performance.now() - start;
}

function summary(times: readonly number[]): string {
  const sorted = [...times].sort((a, b) => a - b);
  const at = (part: number): string =>
    (sorted[Math.floor((sorted.length - 1) * part)] ?? 0).toFixed(0);
  return `${at(0.5)} ms (${at(0)} to ${at(1)})`;
}

/** The proportional set size: what several processes share is counted once, in parts. Linux only. */
async function showMemory(checkout: Checkout): Promise<void> {
  const sizes: number[] = [];
  for (let n = 1; n <= 10; n++) {
    const place = placeOf(`memory-${n}`, checkout.folder);
    await createCluster(place, 17);
  }
  for (let n = 1; n <= 10; n++) {
    const { pid } = await clusterStatus(placeOf(`memory-${n}`, checkout.folder));
    sizes.push(serverKibibytes(Number(pid)) ?? Number.NaN);
  }
  const total = sizes.reduce((sum, size) => sum + size, 0);
  console.log(
    `memory (PSS) of ten idle servers of PostgreSQL 17: ${(total / 1024).toFixed(0)} MiB, ` +
      `${(total / 10 / 1024).toFixed(1)} MiB each`,
  );
}

void main();
