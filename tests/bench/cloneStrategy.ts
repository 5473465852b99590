/**
 * Measures the ways in which a server clones a template, side by side: WAL_LOG, FILE_COPY, and from PostgreSQL 18 on
 * FILE_COPY with `file_copy_method = clone`. Run by hand:
 *
 *     npx tsx tests/bench/cloneStrategy.ts [megabytes,…] [majors,…]
 *
 * The servers are throwaway ones, but wait for the disk as a real one does: FILE_COPY's price is two checkpoints. Asserts
 * nothing: a time is no promise. runner/clone/cloneStrategy.ts has the constant that was chosen from what this printed.
 */
import { performance } from "node:perf_hooks";
import { Client } from "pg";
import { startThrowaway } from "../../runner/embedded/throwaway";
import { POSTGRES_MAJORS, type PostgresMajor } from "../../runner/postgres/majors";

const MEGABYTES = (process.argv[2] ?? "8,32,64,128,256,512").split(",").map(Number);
const MAJORS = POSTGRES_MAJORS.filter((major) =>
  (process.argv[3] ?? POSTGRES_MAJORS.join()).split(",").includes(String(major)),
);
const ROUNDS = 5;

/** What a production server is set to; the throwaway one would not wait for the disk. */
const CAREFUL = { fsync: "on", synchronous_commit: "on", full_page_writes: "on" };

interface Way {
  readonly name: string;
  readonly strategy: "WAL_LOG" | "FILE_COPY";
  readonly method?: "copy" | "clone";
}

function waysOf(major: PostgresMajor): readonly Way[] {
  const ways: Way[] = [
    { name: "WAL_LOG", strategy: "WAL_LOG" },
    { name: "FILE_COPY", strategy: "FILE_COPY" },
  ];
  return major < 18
    ? ways
    : [...ways, { name: "FILE_COPY, clone", strategy: "FILE_COPY", method: "clone" }];
}

async function main(): Promise<void> {
  for (const major of MAJORS) {
    const server = await startThrowaway(major, CAREFUL);
    const connect = async (database: string): Promise<Client> => {
      const { host, port, superuser: user, superuserPassword: password } = server;
      const client = new Client({ host, port, user, password, database });
      await client.connect();
      return client;
    };
    const admin = await connect("postgres");
    try {
      for (const megabytes of MEGABYTES) {
        await makeTemplate(admin, connect, megabytes);
        await measure(admin, major, megabytes);
        await admin.query("DROP DATABASE template_measured");
      }
    } finally {
      await admin.end();
      await server.stop();
    }
  }
}

/** A database of that size: rows in one table, with a primary key. */
async function makeTemplate(
  admin: Client,
  connect: (database: string) => Promise<Client>,
  megabytes: number,
): Promise<void> {
  await admin.query("CREATE DATABASE template_measured");
  const client = await connect("template_measured");
  await client.query("CREATE TABLE filling (id bigint PRIMARY KEY, filling text)");
  const size = async (): Promise<number> =>
    Number(
      (await client.query<{ size: string }>("SELECT pg_database_size(current_database()) AS size"))
        .rows[0]?.size,
    );
  for (let first = 0; (await size()) < megabytes * 1024 * 1024; first += 8000) {
    await client.query(
      "INSERT INTO filling SELECT n, repeat(md5(n::text), 30) FROM generate_series($1::bigint, $1::bigint + 7999) AS n",
      [first],
    );
  }
  await client.end();
  await admin.query("CHECKPOINT");
}

/** The ways take turns, so that what else the machine does meets them alike. */
async function measure(admin: Client, major: PostgresMajor, megabytes: number): Promise<void> {
  const times = new Map(waysOf(major).map((way) => [way, [] as number[]]));
  for (let round = 0; round < ROUNDS; round++) {
    for (const [way, taken] of times) {
      if (way.method !== undefined) {
        await admin.query(`SET file_copy_method = ${way.method}`);
      }
      const start = performance.now();
      await admin.query(
        `CREATE DATABASE measured TEMPLATE template_measured STRATEGY ${way.strategy}`,
      );
      taken.push(performance.now() - start);
      await admin.query("DROP DATABASE measured");
      if (way.method !== undefined) {
        await admin.query("RESET file_copy_method");
      }
    }
  }
  for (const [{ name }, taken] of times) {
    taken.sort((a, b) => a - b);
    const [least = 0] = taken;
    const median = taken[Math.floor(ROUNDS / 2)] ?? 0;
    process.stdout.write(
      `PostgreSQL ${String(major)} ${String(megabytes).padStart(5)} MB ${name.padEnd(18)} least ${least.toFixed(0).padStart(6)} ms, median ${median.toFixed(0).padStart(6)} ms\n`,
    );
  }
}

void main();
