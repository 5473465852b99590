import { cpSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Client } from "pg";
import type { CommandResult } from "../support/checkout";
import { makeProtectedStack, STAND_IN, type ProtectedStack } from "../support/protectedStack";

/** SQL of a made-up V7: an application's tables, and three directives that change them. */
const STORY = join(__dirname, "..", "support", "laterDirectives");
const ROWS = 1_000_000;

let prod: ProtectedStack;
let admin: Client;

beforeAll(async () => {
  prod = await makeProtectedStack();
  ({ admin } = prod);
  const application = readFileSync(join(STORY, "application.sql"), "utf8");
  writeFileSync(
    join(prod.checkout.folder, "sql", "dev_baseline", "040_application.sql"),
    `SET LOCAL ROLE postgres;\n${application}RESET ROLE;\n`,
  );
  const owner = await prod.database.connect();
  await owner.query(application);
  await owner.query(
    `INSERT INTO pages (url, title, curation_status)
     SELECT 'https://host' || n % 997 || '.example/' || n, 'Page ' || n,
            (enum_range(NULL::page_curation_status))[1 + n % 5] FROM generate_series(1, ${String(ROWS - 2)}) AS n`,
  );
  await owner.query(
    `INSERT INTO contacts (page_id, email, curation_status)
     SELECT n, n || '@example.com', (enum_range(NULL::contact_curation_status))[1 + n % 4] FROM generate_series(1, 1000) AS n`,
  );
  await owner.end();
});

afterAll(async () => {
  await prod.remove();
});

const v7 = (...args: readonly string[]): CommandResult => prod.checkout.v7(args, STAND_IN);
const onProd = (verb: string, ...args: readonly string[]): CommandResult =>
  v7(verb, "--stack", "prod", ...args);

function expectDone({ code, output }: CommandResult): string {
  if (code !== 0) {
    throw new Error(output);
  }
  return output;
}

/** Makes a directive as its author does: the folder, the SQL pasted into it, the lock. */
function write(directive: string, title: string): void {
  expectDone(v7("directive", "new", directive, "--title", title));
  cpSync(join(STORY, directive), join(prod.checkout.folder, "sql", directive), {
    recursive: true,
  });
  expectDone(v7("directive", "lock", directive));
}

/** As CI does: compares the catalog and the history with the checkout. */
function expectNoDrift(): void {
  const { owner, ownerPassword } = prod.database;
  const login = { PGUSER: owner, PGPASSWORD: ownerPassword };
  expectDone(prod.checkout.v7(["drift", "--stack", "prod"], login));
}

function bring(...more: readonly string[]): string {
  prod.approve("apply", more);
  return expectDone(prod.run("up"));
}

/** A digest of a query's rows, in their order. */
async function digest(query: string): Promise<unknown> {
  const { rows } = await admin.query(
    `SELECT count(*)::int, md5(string_agg(one::text, E'\\n' ORDER BY one::text)) FROM (${query}) AS one`,
  );
  return rows[0];
}

/** What the application had before any directive, by its own names. */
async function application(): Promise<readonly unknown[]> {
  return [
    await digest("SELECT id, url, title, curation_status::text FROM pages"),
    await digest("SELECT id, page_id, email, curation_status::text FROM contacts"),
    await digest("SELECT id, url, curation_status::text FROM sitemaps"),
  ];
}

// One story, told in order.
describe("later directives on a protected database with a million rows", () => {
  let before: readonly unknown[];
  let after: readonly unknown[];
  const everything = async (): Promise<readonly unknown[]> => [
    ...(await application()),
    await digest("SELECT * FROM v7_pages"),
    await digest("SELECT * FROM v7_page_notes"),
  ];

  it("are approved and applied one after the other, and no row is lost or changed", async () => {
    before = await application();
    bring("--no-rehearsal");
    write("ad_006", "One ENUM for what is curated");
    expect(bring()).toContain("1 step committed in one transaction");
    expect(await application()).toStrictEqual(before);
    write("ad_007", "Pages as V7 names them");
    write("ad_008", "Each page knows its host");
    bring();
    expect(await application()).toStrictEqual(before);
    const { rows } = await admin.query(
      "SELECT count(*)::int, count(DISTINCT page_host)::int AS hosts FROM v7_pages WHERE page_host = split_part(page_url, '/', 3)",
    );
    expect(rows).toStrictEqual([{ count: ROWS, hosts: 999 }]);
    expectNoDrift();
  });

  it("are rolled back to ad_005, and the rows that people wrote are archived", async () => {
    await admin.query("UPDATE v7_pages SET reviewed_by = 'Ada ' || id WHERE id % 100 = 0");
    await admin.query(
      "INSERT INTO v7_page_notes (page_id, note) SELECT id, 'ünï ''code''' || id FROM v7_pages WHERE id <= 500",
    );
    after = await everything();
    prod.approve("rollback", ["--to", "ad_005", "--no-rehearsal"]);
    const taken = expectDone(onProd("rollback", "--to", "ad_005"));
    expect(taken).toMatch(/archived: 500 rows of public\.v7_page_notes in v7_archive/);
    expect(await application()).toStrictEqual(before);
    expectNoDrift();
  });

  it("are applied again, and a restore brings every archived row back", async () => {
    bring("--no-rehearsal");
    expect(await application()).toStrictEqual(before);
    prod.approve("restore");
    expectDone(onProd("restore"));
    expect(await everything()).toStrictEqual(after);
    expectNoDrift();
    // The check alone: it keeps the history's last row, and the restore has written one.
    expect(expectDone(prod.run("up"))).toMatch(/~ 1 updated\s+\d+ unchanged/);
  });
});
