/**
 * Measures drift detection on a server with many other tables, beside Pulumi's own refresh of the same stack. Run by hand:
 *
 *     npx tsx tests/bench/drift.ts [tables]
 *
 * Makes a stack of its own in a copy of the checkout, and takes it away again. Asserts nothing: a time is no promise.
 */
import { performance } from "node:perf_hooks";
import { connectionFromUrl } from "../../cli/stack";
import { verifyDatabase } from "../../runner/drift/verify";
import { withConnection } from "../../runner/postgres/connection";
import { addressFlags } from "../support/addressFlags";
import { catalogReads } from "../support/catalogReads";
import { makeCheckout, type Checkout } from "../support/checkout";
import { requestFor, SQL_FOLDER } from "../support/directive";
import { withClient } from "../support/withClient";

const TABLES = Number(process.argv[2] ?? 10_000);
const ROUNDS = 5;

async function main(): Promise<void> {
  const checkout = await makeCheckout();
  try {
    checkout.npm("start");
    const url = checkout.v7(["url"]).output.trim().split("\n").at(-1) ?? "";
    process.stdout.write(`${"".padEnd(44)}    other tables: 0\n`);
    await measure(checkout, url);
    await makeTables(url);
    process.stdout.write(`${"".padEnd(44)}    other tables: ${String(TABLES)}\n`);
    await measure(checkout, url);
    await showReads(url);
  } finally {
    checkout.remove();
  }
}

/** As many others as asked for, each with a primary key, an index, and columns as ours have. */
async function makeTables(url: string): Promise<void> {
  await withClient(url, async (client) => {
    for (let first = 0; first < TABLES; first += 500) {
      await client.query(`DO $$ BEGIN FOR n IN ${String(first)}..${String(Math.min(first + 499, TABLES - 1))} LOOP
        EXECUTE format('CREATE TABLE other_%s (id bigint PRIMARY KEY, a text NOT NULL, b jsonb, c timestamp DEFAULT now(), d int CHECK (d > 0))', n);
        EXECUTE format('CREATE INDEX ON other_%s (a)', n); EXECUTE format('GRANT SELECT ON other_%s TO v7_reader', n);
        END LOOP; END $$`);
    }
    await client.query("ANALYZE");
  });
}

async function measure(checkout: Checkout, url: string): Promise<void> {
  const connection = connectionFromUrl(url);
  const environment = { PGUSER: connection.user, PGPASSWORD: connection.password };
  const where = addressFlags(connection, connection.databaseName);
  const { request } = { request: await requestFor(connection, SQL_FOLDER) };
  await report("the check itself, connected", () =>
    withConnection(connection, async (client) => {
      await verifyDatabase(client, request);
      const start = performance.now();
      const { differences } = await verifyDatabase(client, request);
      expectNone(differences.length);
      return performance.now() - start;
    }),
  );
  await report("npx v7 drift, whole process", () =>
    wall(() => checkout.v7(["drift", ...where], environment)),
  );
  await report("pulumi refresh --preview-only, whole process", () =>
    wall(() =>
      checkout.pulumi(["refresh", "--preview-only", "--expect-no-changes", "--stack", "dev"]),
    ),
  );
}

async function report(what: string, run: () => number | Promise<number>): Promise<void> {
  const times: number[] = [];
  for (let round = 0; round < ROUNDS; round++) {
    times.push(await run());
  }
  times.sort((a, b) => a - b);
  const [least = 0] = times;
  const median = times[Math.floor(ROUNDS / 2)] ?? 0;
  process.stdout.write(
    `${what.padEnd(48)} least ${least.toFixed(0)} ms, median ${median.toFixed(0)} ms\n`,
  );
}

function wall(run: () => { readonly code: number; readonly output: string }): number {
  const start = performance.now();
  const { code, output } = run();
  if (code !== 0) {
    throw new Error(output);
  }
  return performance.now() - start;
}

function expectNone(differences: number): void {
  if (differences > 0) {
    throw new Error(`${String(differences)} differences where none should be`);
  }
}

/** How much of the catalog one check reads, of this session alone: rows by sequential scans, and by index. */
async function showReads(url: string): Promise<void> {
  const connection = connectionFromUrl(url);
  const request = await requestFor(connection, SQL_FOLDER);
  await withConnection(connection, async (client) => {
    await verifyDatabase(client, request);
    for (const { name, sequential, index } of await catalogReads(client, () =>
      verifyDatabase(client, request),
    )) {
      process.stdout.write(
        `  ${name.padEnd(16)} ${String(sequential)} rows by sequential scans, ${String(index)} by index\n`,
      );
    }
  });
}

void main();
