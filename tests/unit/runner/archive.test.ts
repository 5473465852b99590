import type { ClientBase } from "pg";
import { archiveRows } from "../../../runner/catalog/archive";
import { definedObjects } from "../../../runner/catalog/definedObjects";
import { loadManifest } from "../../../runner/directive/manifest";
import type { QualifiedName } from "../../../runner/model";
import { faultOf } from "../../support/faults";
import { NO_OBJECTS } from "../../support/noObjects";
import { SQL_FOLDER } from "../../support/sqlFolder";

/** As `archiveMark` of rollback.ts makes it: a time and the first eight digits of a digest. */
const MARK = "20261123t211500_1a2b3c4d";

/** A client that records its queries, and counts these numbers of rows. */
function fakeClient(rows: readonly string[]): { client: ClientBase; asked: string[] } {
  const asked: string[] = [];
  let counted = 0;
  const query = (sql: string): Promise<unknown> => {
    asked.push(sql.replace(/\s+/g, " ").trim());
    if (sql.includes("nspowner")) {
      return Promise.resolve({ rows: [{ owner: "postgres", own: true }] });
    }
    const count = sql.includes("count(*)") ? rows[counted++ % rows.length] : undefined;
    return Promise.resolve({ rows: count === undefined ? [] : [{ rows: count, sum: "1" }] });
  };
  return { client: { query } as unknown as ClientBase, asked };
}

const archiveOf = (table: QualifiedName): Promise<readonly { from: string; to: string }[]> =>
  archiveRows(fakeClient(["3"]).client, { ...NO_OBJECTS, tables: [table] }, MARK);

describe("the archive", () => {
  it("has every table of the directive with rows, and the history, each under a unique name", async () => {
    const { steps } = await loadManifest(SQL_FOLDER, "ad_005");
    const objects = { ...definedObjects(steps), columns: [] };
    expect(await archiveRows(fakeClient(["3"]).client, objects, MARK)).toEqual(
      [
        ["public.v7_migration_workflow", "v7_migration_workflow"],
        ["public.v7_enum_migrations", "v7_enum_migrations"],
        ["public.v7_global_impacts", "v7_global_impacts"],
        ["public.v7_subworkflow_tasks", "v7_subworkflow_tasks"],
        ["public.v7_test_results", "v7_test_results"],
        // A table of another schema than public has a digest in its archive's name.
        ["v7_control.history", "history_dc942f13"],
      ].map(([from = "", name = ""]) => ({ from, to: `v7_archive.${name}_${MARK}`, rows: 3 })),
    );
  });

  it("shortens a table's name to fit into 63 bytes, but not the mark", async () => {
    const archived = await archiveOf({ schema: "public", name: "t".repeat(63) });
    const name = archived[0]?.to.replace("v7_archive.", "") ?? "";
    expect(name).toBe(`${"t".repeat(29)}_3cfdd453_${MARK}`);
    expect(Buffer.byteLength(name)).toBe(63);
  });

  it("counts bytes, not characters, of a table's name", async () => {
    const archived = await archiveOf({ schema: "public", name: "ü".repeat(31) });
    const name = archived[0]?.to.replace("v7_archive.", "") ?? "";
    expect(Buffer.byteLength(name)).toBeLessThanOrEqual(63);
    expect(name).toBe(`${"ü".repeat(14)}_5707e792_${MARK}`);
  });

  it("is not created if no table has rows", async () => {
    const { client, asked } = fakeClient(["0"]);
    const tables = [{ schema: "public", name: "t" }];
    expect(await archiveRows(client, { ...NO_OBJECTS, tables }, MARK)).toEqual([]);
    expect(asked.filter((sql) => sql.startsWith("CREATE"))).toEqual([]);
  });

  it("is refused if a copy has fewer rows than its original", async () => {
    const { client } = fakeClient(["3", "2"]);
    const tables = [{ schema: "public", name: "t" }];
    const { message } = await faultOf(() => archiveRows(client, { ...NO_OBJECTS, tables }, MARK));
    expect(message).toBe(
      'VERIFY_FAILED: archiving "public.t": found 2 rows in the archive, checksum 1, expected 3 rows, checksum 1. ' +
        "Nothing was changed: everything was rolled back. Run again.",
    );
  });

  it("quotes every name in its SQL", async () => {
    const { client, asked } = fakeClient(["1"]);
    const tables = [{ schema: 's"; DROP', name: 't"; --' }];
    await archiveRows(client, { ...NO_OBJECTS, tables }, MARK);
    expect(asked.filter((sql) => sql.startsWith("CREATE TABLE"))[0]).toBe(
      `CREATE TABLE "v7_archive"."t""; --_1c2b0631_${MARK}" AS SELECT FROM ONLY "s""; DROP"."t""; --" AS one WHERE true`,
    );
  });
});
