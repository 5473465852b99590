import type { Client } from "pg";
import { verifyDatabase, type VerifyRequest } from "../../../runner/verify";
import { carriedOut } from "../../support/drift";
import { startTestServer, type TestServer } from "../../support/postgres";

const OTHERS = 1500;

let server: TestServer;
let client: Client;
let request: VerifyRequest;

beforeAll(async () => {
  server = await startTestServer({ major: 17, settings: { autovacuum: "off" } });
  const made = await carriedOut(server);
  ({ request } = made);
  client = await made.database.connect(server.superuser, server.superuserPassword);
});

afterAll(async () => {
  await server.stop();
});

/** By catalog, the rows that this session reads for one check: by sequential scans and by index. */
async function readsOfOneCheck(): Promise<Record<string, { seq: number; index: number }>> {
  // The view below holds what the server has not yet counted elsewhere: let it count that first.
  await client.query("SELECT pg_stat_force_next_flush()");
  await client.query("BEGIN");
  await verifyDatabase(client, request);
  const { rows } = await client.query<{ name: string; seq: number; index: number }>(
    // By the functions: the views that show the same read pg_class and pg_index whole themselves.
    `SELECT name, pg_stat_get_xact_tuples_returned(name::regclass)::int AS seq,
            pg_stat_get_xact_tuples_fetched(name::regclass)::int AS index
       FROM unnest(ARRAY['pg_class', 'pg_attribute', 'pg_index', 'pg_constraint', 'pg_depend', 'pg_description',
                         'pg_attrdef']) name`,
  );
  await client.query("ROLLBACK");
  return Object.fromEntries(rows.map(({ name, seq, index }) => [name, { seq, index }]));
}

it("reads nothing of other tables, however many there are", async () => {
  for (let first = 0; first < OTHERS; first += 50) {
    await client.query(`DO $$ BEGIN FOR n IN ${String(first)}..${String(first + 49)} LOOP
      EXECUTE format('CREATE TABLE other_%s (id int PRIMARY KEY, a text DEFAULT now()::text, b int CHECK (b > 0))', n);
      EXECUTE format('CREATE INDEX ON other_%s (a)', n); END LOOP; END $$`);
  }
  // Without ANALYZE: on a hosted server the catalog's statistics are as old as the platform lets them be.
  // What the session's own caches had to look up is there after the first.
  await readsOfOneCheck();
  const reads = await readsOfOneCheck();
  // A sequential scan of any of these would give a row of each of the others at least.
  const many = Object.entries(reads).filter(
    ([, { seq, index }]) => seq >= OTHERS || index >= OTHERS,
  );
  expect(many).toStrictEqual([]);
});
