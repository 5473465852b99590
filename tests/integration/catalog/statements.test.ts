import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { Client } from "pg";
import { proposeInverse } from "../../../runner/authoring/proposeInverse";
import { changeBetween, isEmptyChange } from "../../../runner/catalog/change";
import { describeCatalog } from "../../../runner/catalog/describe";
import { nextTransaction, takeRawCatalog } from "../../../runner/catalog/rawCatalog";
import { applyChange, sumChanges } from "../../../runner/catalog/sum";
import { takeTableStatistics } from "../../../runner/catalog/tableStatistics";
import { unattributed, type Witnessed } from "../../../runner/catalog/witnesses";
import { MAJORS } from "../../support/majors";
import { serverOfFile } from "../../support/postgres";
import { compact } from "./compact";

/** A statement of statements.txt, and what that file says that it does. */
interface Case {
  readonly sql: string;
  readonly power: string;
  readonly expected: readonly string[];
  /** The same on PostgreSQL 15, if it differs. */
  readonly on15: readonly string[];
}

const CASES = read("statements.txt")
  .split("\n\n")
  .slice(1)
  .map((block): Case => {
    const [head = "", ...lines] = block.trim().split("\n");
    const [, power = "", sql = ""] = /^(?:(superuser|18): )?(.*)$/.exec(head) ?? [];
    const said = lines.map((line) => line.trim()).filter((line) => line !== "nothing");
    const on15 = said.filter((line) => line.startsWith("15: ")).map((line) => line.slice(4));
    return { sql, power, expected: said.filter((line) => !line.startsWith("15: ")), on15 };
  });

function read(name: string): string {
  return readFileSync(join(__dirname, name), "utf8");
}

it("statements.txt has at least eighty statements, each once", () => {
  expect(CASES.length).toBeGreaterThanOrEqual(80);
  expect(new Set(CASES.map(({ sql }) => sql)).size).toBe(CASES.length);
});

describe.each(MAJORS)("what a statement does on PostgreSQL %i", (major) => {
  const server = serverOfFile({ major });
  let client: Client;
  let database: string;
  let since: string;
  let before: Omit<Witnessed, "statistics">;

  beforeAll(async () => {
    const made = await server().createDatabase({ shape: "supabase" });
    database = made.name;
    await (await made.connect()).query(read("scene.sql"));
    client = await made.connect(server().superuser);
    await client.query("SET search_path = pg_catalog, pg_temp");
    since = await nextTransaction(client);
    before = { described: await describeCatalog(client), raw: await takeRawCatalog(client, since) };
  });

  const chosen = CASES.filter(({ power }) => power !== "18" || major === 18);

  it.each(chosen.map((one) => [one.sql, one] as const))(
    "is described completely, adds up, and is reversed by the proposed inverse: %s",
    async (_sql, { sql, power, expected, on15 }) => {
      await client.query("BEGIN");
      try {
        const old = { ...before, statistics: await takeTableStatistics(client) };
        await client.query(power === "superuser" ? "" : "SET SESSION AUTHORIZATION postgres");
        await client.query(sql.replace("this_database", database));
        await client.query("RESET SESSION AUTHORIZATION");
        const statistics = await takeTableStatistics(client);
        const now = {
          described: await describeCatalog(client),
          raw: await takeRawCatalog(client, since, before.raw),
          statistics,
        };
        const change = changeBetween(old.described, now.described);
        expect([
          ...compact(change),
          ...unattributed(old, now, change).map((line) => `! ${line}`),
        ]).toStrictEqual(major === 15 && on15.length > 0 ? on15 : expected);
        const folded = applyChange(old.described, change);
        expect(compact(changeBetween(folded, now.described))).toStrictEqual([]);
        const back = changeBetween(now.described, old.described);
        expect(isEmptyChange(sumChanges([change, back]))).toBe(true);
        const { statements, hinders } = proposeInverse(change, [change]);
        // DROP SERVER is refused while there are user mappings, so that this proposal cannot run.
        const isProposed = hinders.length === 0 && !sql.includes("CREATE USER MAPPING");
        await client.query(power === "superuser" ? "" : "SET SESSION AUTHORIZATION postgres");
        await client.query(isProposed ? statements.join("; ") : "");
        await client.query("RESET SESSION AUTHORIZATION");
        const left = changeBetween(old.described, await describeCatalog(client));
        expect(isProposed ? compact(left) : []).toStrictEqual([]);
      } finally {
        await client.query("ROLLBACK");
      }
    },
  );
});
