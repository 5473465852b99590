import { cpSync, readFileSync } from "node:fs";
import { join } from "node:path";
import type { Client } from "pg";
import { applyDirective } from "../../../runner/actions/apply";
import { restoreArchive } from "../../../runner/actions/restore";
import { rollbackDirective } from "../../../runner/actions/rollback";
import { newDirective } from "../../../runner/authoring/newDirective";
import { rehearse } from "../../../runner/rehearsal/rehearse";
import { applyRequest, SQL_FOLDER } from "../../support/directive";
import { carriedOut, driftOf, grantAll } from "../../support/drift";
import { lockLater, writeApplication } from "../../support/laterDirective";
import { MAJORS } from "../../support/majors";
import { serverOfFile, type TestDatabase } from "../../support/postgres";
import { copySqlFolder, removeCopies } from "../../support/sqlFolder";

/** SQL of a made-up V7: an application's tables, and directives that change them. */
const STORY = join(__dirname, "..", "..", "support", "laterDirectives");
const LATER = ["ad_006", "ad_007", "ad_008"];

describe.each(MAJORS)("directives that build on each other, on PostgreSQL %i", (major) => {
  const folders: string[] = [];
  const server = serverOfFile({ major }, removeCopies);
  let database: TestDatabase;
  let client: Client;

  beforeAll(async () => {
    const application = readFileSync(join(STORY, "application.sql"), "utf8");
    const folder = copySqlFolder();
    writeApplication(folder, application);
    for (const directive of LATER) {
      newDirective(folder, directive, "A later directive");
      cpSync(join(STORY, directive), join(folder, directive), { recursive: true });
      await lockLater(folder, major, directive);
      const standing = copySqlFolder();
      cpSync(folder, standing, { recursive: true });
      folders.push(standing);
    }
    ({ database } = await carriedOut(server(), SQL_FOLDER, application));
    client = await database.connect(server().superuser);
  });

  it("are rehearsed and applied one after the other", async () => {
    for (const folder of folders) {
      const request = await applyRequest(database, folder);
      const rehearsal = await rehearse(request);
      expect(rehearsal?.differences).toStrictEqual([]);
      expect(rehearsal?.obstacles).toBeUndefined();
      await applyDirective(request);
      await grantAll(client, request.access);
      expect(await driftOf(client, request)).toStrictEqual([]);
    }
  });

  it("are rolled back to the first, applied again together, and have every row after a restore", async () => {
    await client.query(
      "INSERT INTO v7_pages (page_url, page_title, page_host) VALUES ('https://a.example/x', 'X', 'a.example')",
    );
    await client.query("UPDATE v7_pages SET reviewed_by = 'Ada'");
    await client.query("INSERT INTO v7_page_notes (page_id, note) SELECT id, 'n' FROM v7_pages");
    const rows =
      "SELECT p, n FROM v7_pages p JOIN v7_page_notes n ON n.page_id = p.id ORDER BY n.id";
    const { rows: before } = await client.query(rows);
    const request = await applyRequest(database, folders.at(-1) ?? "");
    const rehearsal = await rehearse({ ...request, action: "rollback", to: "ad_005" });
    expect(rehearsal?.differences).toStrictEqual([]);
    expect(rehearsal?.obstacles).toBeUndefined();
    await rollbackDirective({ ...request, to: "ad_005" });
    // The view that ad_007 creates in the table's place has columns with the names of the table's.
    expect(await driftOf(client, request)).toStrictEqual([]);

    const again = await rehearse(request);
    expect(again?.differences).toStrictEqual([]);
    expect(again?.obstacles).toBeUndefined();
    await applyDirective(request);
    // The backfill wrote page_host again, which the archive has too.
    await restoreArchive(request);
    expect((await client.query(rows)).rows).toStrictEqual(before);
    expect(before.length).toBeGreaterThan(0);
    expect(await driftOf(client, request)).toStrictEqual([]);
  });
});
