import { cpSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Client } from "pg";
import { lockDirective } from "../../../runner/authoring/lockDirective";
import { lockText } from "../../../runner/authoring/lockText";
import { formatDifference } from "../../../runner/catalog/compare";
import { lockFile } from "../../../runner/directive/readLock";
import { findDrift, type Finding } from "../../../runner/drift/findDrift";
import type { VerifyRequest } from "../../../runner/drift/verify";
import { asRunner } from "../../support/asRunner";
import { carriedOut, repairStatements } from "../../support/drift";
import { startTestServer, type TestServer } from "../../support/postgres";
import { addDirective, copySqlFolder, removeCopies, SQL_FOLDER } from "../../support/sqlFolder";

/** One of each kind that ad_005 does not have. */
const AD_006 = `
CREATE TYPE public.v7_state AS ENUM ('open', 'closed');
CREATE TYPE public.v7_place AS (street text, town text);
CREATE DOMAIN public.v7_score AS integer DEFAULT 3 CHECK (VALUE < 10);
CREATE SEQUENCE public.v7_numbers INCREMENT BY 2;
CREATE FUNCTION public.v7_twice(n integer) RETURNS integer LANGUAGE sql IMMUTABLE AS 'SELECT 2 * n';
COMMENT ON FUNCTION public.v7_twice(integer) IS 'Twice as many.';
CREATE FUNCTION public.v7_stamp() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END';
CREATE TABLE public.v7_jobs (id serial PRIMARY KEY, state public.v7_state NOT NULL DEFAULT 'open', score public.v7_score, note text);
ALTER TABLE public.v7_jobs ENABLE ROW LEVEL SECURITY;
CREATE POLICY v7_open ON public.v7_jobs FOR SELECT USING (state = 'open');
CREATE TRIGGER v7_stamped BEFORE UPDATE ON public.v7_jobs FOR EACH ROW EXECUTE FUNCTION public.v7_stamp();
CREATE STATISTICS public.v7_related ON state, note FROM public.v7_jobs;
CREATE RULE v7_kept AS ON DELETE TO public.v7_jobs DO INSTEAD NOTHING;
CREATE MATERIALIZED VIEW public.v7_counted AS SELECT state, count(*) AS jobs FROM public.v7_jobs GROUP BY state;
CREATE UNIQUE INDEX v7_counted_state ON public.v7_counted (state);
COMMENT ON MATERIALIZED VIEW public.v7_counted IS 'Jobs by state.';
CREATE PROCEDURE public.v7_refresh() LANGUAGE sql AS 'REFRESH MATERIALIZED VIEW public.v7_counted';
`;

interface Changed {
  readonly what: string;
  readonly sql: string;
  /** Every line of the report, as it begins. */
  readonly found: readonly string[];
}

const REPAIRED: readonly (Changed & { readonly by?: "superuser" })[] = [
  {
    what: "an enum given to another",
    sql: "RESET ROLE; ALTER TYPE v7_state OWNER TO supabase_admin",
    by: "superuser",
    found: ["changed: enum public.v7_state (owner: "],
  },
  {
    what: "a sequence changed",
    sql: "ALTER SEQUENCE v7_numbers INCREMENT BY 1 MAXVALUE 10 CYCLE",
    found: ["changed: sequence public.v7_numbers (cycle: nothing -> true; increment: 2 -> 1; max"],
  },
  {
    what: "a sequence and a type opened",
    sql: "GRANT USAGE ON SEQUENCE v7_numbers TO anon; GRANT USAGE ON TYPE v7_state TO PUBLIC, anon",
    found: [
      'changed: privileges sequence public.v7_numbers (anon: nothing -> ["USAGE"])',
      'changed: privileges type public.v7_state (PUBLIC: nothing -> ["USAGE"]; anon: nothing -> ["USAGE"])',
    ],
  },
  {
    what: "a sequence dropped",
    sql: "DROP SEQUENCE v7_numbers",
    found: ["missing: sequence public.v7_numbers"],
  },
  {
    what: "a column's own sequence changed",
    sql: "ALTER SEQUENCE v7_jobs_id_seq OWNED BY NONE",
    found: ["changed: sequence public.v7_jobs_id_seq (ownedBy: "],
  },
  {
    what: "a function's body changed",
    sql: "CREATE OR REPLACE FUNCTION v7_twice(n integer) RETURNS integer LANGUAGE sql AS 'SELECT 3 * n'",
    found: ["changed: function public.v7_twice(integer) (definition: "],
  },
  {
    what: "a function dropped",
    sql: "DROP FUNCTION v7_twice(integer)",
    found: ["missing: function public.v7_twice(integer)"],
  },
  {
    what: "a comment on a function",
    sql: "COMMENT ON FUNCTION v7_twice(integer) IS 'x'",
    found: ["changed: function public.v7_twice(integer) (comment: Twice as many. -> x)"],
  },
  {
    what: "a procedure changed",
    sql: "CREATE OR REPLACE PROCEDURE v7_refresh() LANGUAGE sql AS ''",
    found: ["changed: procedure public.v7_refresh() (definition: "],
  },
  {
    what: "a domain's default changed",
    sql: "ALTER DOMAIN v7_score SET DEFAULT 4",
    found: ["changed: domain public.v7_score (default: 3 -> 4)"],
  },
  {
    what: "a domain's check dropped",
    sql: "ALTER DOMAIN v7_score DROP CONSTRAINT v7_score_check",
    found: ["missing: constraint public.v7_score.v7_score_check"],
  },
  {
    what: "a materialized view dropped",
    sql: "DROP MATERIALIZED VIEW v7_counted",
    found: ["missing: materialized view public.v7_counted"],
  },
  {
    what: "a materialized view made another",
    sql: "DROP MATERIALIZED VIEW v7_counted; CREATE MATERIALIZED VIEW v7_counted AS SELECT state, 0::bigint AS jobs FROM v7_jobs",
    found: [
      "missing: index public.v7_counted_state",
      "changed: materialized view public.v7_counted (comment: ",
      "changed: privileges table public.v7_counted (anon: ",
    ],
  },
  {
    what: "a trigger switched off",
    sql: "ALTER TABLE v7_jobs DISABLE TRIGGER v7_stamped",
    found: ["changed: trigger public.v7_jobs.v7_stamped (enabled: nothing -> disabled)"],
  },
  {
    what: "a policy changed",
    sql: "ALTER POLICY v7_open ON v7_jobs USING (true)",
    found: ["changed: policy public.v7_jobs.v7_open (using: "],
  },
  {
    what: "an attribute of a composite type dropped from its end",
    sql: "ALTER TYPE v7_place DROP ATTRIBUTE town",
    found: ["missing: column public.v7_place.town"],
  },
  {
    what: "statistics dropped",
    sql: "DROP STATISTICS v7_related",
    found: ["missing: statistics public.v7_related on public.v7_jobs"],
  },
  {
    what: "a rule dropped",
    sql: "DROP RULE v7_kept ON v7_jobs",
    found: ["missing: rule public.v7_jobs.v7_kept"],
  },
  {
    what: "a table dropped, with all that is on it",
    sql: "DROP TABLE v7_jobs CASCADE",
    found: [
      "missing: materialized view public.v7_counted",
      "missing: sequence public.v7_jobs_id_seq",
      "missing: table public.v7_jobs",
    ],
  },
];

const LEFT: readonly (Changed & { readonly note: string })[] = [
  {
    what: "a label added to an enum",
    sql: "ALTER TYPE v7_state ADD VALUE 'lost'",
    found: ["unexpected: label public.v7_state.lost"],
    note: "Expected: no label lost of enum public.v7_state",
  },
  {
    what: "a label renamed",
    sql: "ALTER TYPE v7_state RENAME VALUE 'closed' TO 'shut'",
    found: ["missing: label public.v7_state.closed", "unexpected: label public.v7_state.shut"],
    note: "Expected: ",
  },
  {
    what: "an attribute of a composite type added",
    sql: "ALTER TYPE v7_place ADD ATTRIBUTE country text",
    found: ["unexpected: column public.v7_place.country"],
    note: "it may hold data",
  },
];

describe.each([15, 18] as const)("drift of each kind on PostgreSQL %i", (major) => {
  let server: TestServer;
  let client: Client;
  let request: VerifyRequest;

  beforeAll(async () => {
    const folder = copySqlFolder();
    cpSync(join(SQL_FOLDER, "dev_baseline"), join(folder, "dev_baseline"), { recursive: true });
    await addDirective(folder, "ad_006", AD_006, [], ({ steps: [section] }) => {
      Object.assign(section ?? {}, { irreversible: "only its drift is looked at" });
    });
    const lock = await lockDirective(folder, "ad_006", undefined, [{ major, defaults: "closed" }]);
    writeFileSync(lockFile(folder, "ad_006"), lockText(lock));
    server = await startTestServer({ major });
    const made = await carriedOut(server, folder);
    ({ request } = made);
    client = await made.database.connect(server.superuser, server.superuserPassword);
  }, 60_000);

  afterAll(async () => {
    await server.stop();
    removeCopies();
  });

  /** Does something to the database, looks at what comes of it, and takes it back. */
  const changed = async <T>({ sql }: Changed, look: () => Promise<T>): Promise<T> => {
    await client.query("BEGIN");
    try {
      await client.query(`SET LOCAL ROLE postgres; ${sql}; RESET ROLE`);
      return await look();
    } finally {
      await client.query("ROLLBACK");
    }
  };
  const findings = async (): Promise<readonly Finding[]> =>
    (await asRunner(client, (one) => findDrift(one, request))).findings;
  const beginnings = (found: readonly Finding[], expected: readonly string[]): string[] =>
    found.map(formatDifference).map((line) => expected.find((one) => line.startsWith(one)) ?? line);

  it("is none where nothing was changed", async () => {
    expect((await findings()).map(formatDifference)).toStrictEqual([]);
  });

  it.each(REPAIRED.map((change) => [change.what, change] as const))(
    "is found and repaired: %s",
    async (_, change) => {
      await changed(change, async () => {
        const found = await findings();
        expect(beginnings(found, change.found).sort()).toStrictEqual([...change.found].sort());
        expect(found.map(({ repair }) => repair.how)).not.toContain("manual");
        await client.query(change.by === "superuser" ? "RESET ROLE" : "SET LOCAL ROLE postgres");
        for (const statement of repairStatements(found)) {
          await client.query(statement);
        }
        await client.query("RESET ROLE");
        expect((await findings()).map(formatDifference)).toStrictEqual([]);
      });
    },
  );

  it.each(LEFT.map((change) => [change.what, change] as const))(
    "is found and left to a person: %s",
    async (_, change) => {
      await changed(change, async () => {
        const found = await findings();
        expect(beginnings(found, change.found).sort()).toStrictEqual([...change.found].sort());
        expect(new Set(found.map(({ repair }) => repair.how))).toStrictEqual(new Set(["manual"]));
        expect(found.map(({ repair }) => repair.note).join()).toContain(change.note);
      });
    },
  );
});
