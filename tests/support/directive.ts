import { join } from "node:path";
import { loadAccess } from "../../runner/access";
import type { ApplyRequest } from "../../runner/apply";
import type { ConnectionSettings } from "../../runner/connection";
import { loadExpected } from "../../runner/expected";
import { chooseSteps, loadManifest } from "../../runner/manifest";
import type { VerifyRequest } from "../../runner/verify";
import type { TestDatabase } from "./postgres";

/** The project's own sql/. */
export const SQL_FOLDER = join(__dirname, "..", "..", "sql");

/** How the database's owner connects to it. */
export function connectionOf(database: TestDatabase): ConnectionSettings {
  return {
    host: database.host,
    port: database.port,
    databaseName: database.name,
    user: database.owner,
    password: database.ownerPassword,
    sslMode: "disable",
  };
}

/** A request to apply ad_005 to that database, as the plugin would make it, with everything authorized. */
export async function applyRequest(
  database: TestDatabase,
  sqlFolder: string = SQL_FOLDER,
): Promise<ApplyRequest & VerifyRequest> {
  return await requestFor(connectionOf(database), sqlFolder);
}

/** The same for a connection. */
export async function requestFor(
  connection: ConnectionSettings,
  sqlFolder: string = SQL_FOLDER,
): Promise<ApplyRequest & VerifyRequest> {
  const manifest = await loadManifest(sqlFolder, "ad_005");
  return {
    project: "v7",
    stack: "test",
    connection,
    manifest,
    steps: chooseSteps(manifest, []),
    access: loadAccess(sqlFolder, "ad_005"),
    expected: loadExpected(sqlFolder, "ad_005", []),
    members: {},
    authorize: () => Promise.resolve({}),
  };
}
