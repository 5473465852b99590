import type { Client } from "pg";
import { verifyDatabase, type VerifyRequest } from "../../../runner/drift/verify";
import { asRunner } from "../../support/asRunner";
import { catalogReads } from "../../support/catalogReads";
import { carriedOut } from "../../support/drift";
import { serverOfFile } from "../../support/postgres";

const OTHERS = 1500;

const server = serverOfFile({ major: 17, settings: { autovacuum: "off" } });
let client: Client;
let request: VerifyRequest;

beforeAll(async () => {
  const made = await carriedOut(server());
  ({ request } = made);
  client = await made.database.connect(server().superuser);
});

it("the check for drift reads nothing about other tables, however many there are", async () => {
  for (let first = 0; first < OTHERS; first += 50) {
    await client.query(`DO $$ BEGIN FOR n IN ${String(first)}..${String(first + 49)} LOOP
      EXECUTE format('CREATE TABLE other_%s (id int PRIMARY KEY, a text DEFAULT now()::text, b int CHECK (b > 0))', n);
      EXECUTE format('CREATE INDEX ON other_%s (a)', n); END LOOP; END $$`);
  }
  // Without ANALYZE: on a hosted server the catalog's statistics are as old as the platform lets them be.
  const check = (): Promise<unknown> =>
    asRunner(client, (client) => verifyDatabase(client, request));
  await check();
  const reads = await catalogReads(client, check);
  expect(reads.reduce((sum, { index }) => sum + index, 0)).toBeGreaterThan(0);
  // Whatever reads about the other tables reads at least one row for each.
  expect(
    reads.filter(({ sequential, index }) => sequential >= OTHERS || index >= OTHERS),
  ).toStrictEqual([]);
});
