/**
 * Measures what gives a branch its data: a copy of another stack's rows, and a seed as pg_dump writes it with COPY and
 * with --inserts. Run by hand:
 *
 *     npx tsx tests/bench/branchData.ts [rows]
 *
 * Starts throwaway servers, and ends them. Asserts nothing: a time is no promise.
 */
import { performance } from "node:perf_hooks";
import { copyRows } from "../../runner/data/copyRows";
import { seedDatabase } from "../../runner/data/seed";
import { BRANCH_STACK, branchDatabase, makePair } from "../support/givenData";
import { startTestServer, type TestServer } from "../support/postgres";

const ROWS = Number(process.argv[2] ?? 500_000);
const TABLE = "CREATE TABLE public.big (n int PRIMARY KEY, text text, at timestamptz)";

async function main(): Promise<void> {
  const server = await startTestServer({ major: 17 });
  try {
    await measureCopy(server);
    await measureSeed(server, `COPY, ${String(ROWS)} rows`, copyText());
    await measureSeed(server, `${String(ROWS / 10)} INSERTs`, insertText());
  } finally {
    await server.stop();
  }
}

async function measureCopy(server: TestServer): Promise<void> {
  const { source, request } = await makePair(
    { from: server, to: server },
    {
      both: TABLE,
      source: `INSERT INTO big SELECT n, repeat('line ' || n, 10), now() FROM generate_series(1, ${String(ROWS)}) n`,
    },
  );
  const { rows } = await source.query<{ megabytes: number }>(
    "SELECT (pg_relation_size('big') / 1e6)::int AS megabytes",
  );
  await measure(`copy of ${String(ROWS)} rows, ${String(rows[0]?.megabytes)} MB`, () =>
    copyRows(request),
  );
}

async function measureSeed(server: TestServer, what: string, text: string): Promise<void> {
  const { request } = await branchDatabase(server);
  const bytes = Buffer.from(text);
  await measure(`seed of ${what}, ${(bytes.length / 1e6).toFixed(0)} MB`, () =>
    seedDatabase({ ...request, stack: BRANCH_STACK, name: "bench.sql", bytes }),
  );
}

/** How long it took, and how much larger the process was at its largest. */
async function measure(what: string, run: () => Promise<unknown>): Promise<void> {
  const before = process.memoryUsage.rss();
  let largest = before;
  const watch = setInterval(() => {
    largest = Math.max(largest, process.memoryUsage.rss());
  }, 20);
  const start = performance.now();
  await run();
  clearInterval(watch);
  const seconds = ((performance.now() - start) / 1000).toFixed(1);
  const growth = ((largest - before) / 1e6).toFixed(0);
  process.stdout.write(`${what.padEnd(44)} ${seconds.padStart(6)} s, memory +${growth} MB\n`);
}

function copyText(): string {
  const rows = Array.from(
    { length: ROWS },
    (_, n) => `${String(n)}\t${`line ${String(n)}`.repeat(10)}\t2026-01-01\n`,
  );
  return `${TABLE};\nCOPY public.big FROM stdin;\n${rows.join("")}\\.\n`;
}

function insertText(): string {
  const rows = Array.from(
    { length: ROWS / 10 },
    (_, n) => `INSERT INTO public.big VALUES (${String(n)}, 'line; ${String(n)}', '2026-01-01');\n`,
  );
  return `${TABLE};\n${rows.join("")}`;
}

void main();
