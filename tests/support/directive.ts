import { join } from "node:path";
import type { Client } from "pg";
import { applyDirective } from "../../runner/actions/apply";
import type { RunRequest } from "../../runner/actions/run";
import { loadDirectives, type Directives } from "../../runner/directive/directive";
import type { VerifyRequest } from "../../runner/drift/verify";
import type { ConnectionSettings } from "../../runner/model";
import type { PreparedPlan } from "../../runner/plan/plan";
import { preparePlan } from "../../runner/plan/preparePlan";
import { withConnection } from "../../runner/postgres/connection";
import type { TestDatabase, TestDatabaseOptions, TestServer } from "./postgres";
import { SQL_FOLDER } from "./sqlFolder";

export { SQL_FOLDER };

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

/** Everything that the runner's functions ask for, with everything authorized. */
export type TestRequest = RunRequest & VerifyRequest & Directives;

/** A request to apply ad_005 to that database, as the plugin would make it, with everything authorized. */
export async function applyRequest(
  database: TestDatabase,
  sqlFolder: string = SQL_FOLDER,
  amendments: readonly string[] = [],
): Promise<TestRequest> {
  return await requestFor(connectionOf(database), sqlFolder, amendments);
}

/** A database on which ad_005 has been applied, with the request that did it and the owner's client. */
export async function applied(
  server: TestServer,
  options: Pick<TestDatabaseOptions, "unprotected"> = {},
): Promise<{ database: TestDatabase; request: TestRequest; client: Client }> {
  const database = await server.createDatabase({ shape: "supabase", ...options });
  const request = await applyRequest(database);
  await applyDirective(request);
  return { database, request, client: await database.connect() };
}

/** The plan of what is pending, or another, on the request's own database. */
export async function planned(
  request: TestRequest,
  plan: typeof preparePlan = preparePlan,
): Promise<PreparedPlan> {
  return await withConnection(request.connection, (client) => plan(client, request));
}

const own = new Map<string, Promise<Directives>>();

/** The project's own sql/ does not change while tests run: it is loaded once a file and choice. */
async function directivesOf(sqlFolder: string, amendments: readonly string[]): Promise<Directives> {
  if (sqlFolder !== SQL_FOLDER) {
    return await loadDirectives(sqlFolder, amendments);
  }
  const key = amendments.join();
  const loading = own.get(key) ?? loadDirectives(sqlFolder, amendments);
  own.set(key, loading);
  return await loading;
}

/** The same for a connection. */
export async function requestFor(
  connection: ConnectionSettings,
  sqlFolder: string = SQL_FOLDER,
  amendments: readonly string[] = [],
): Promise<TestRequest> {
  return {
    project: "v7",
    stack: "test",
    connection,
    ...(await directivesOf(sqlFolder, amendments)),
    members: {},
    signersFile: join(sqlFolder, "ad_005", "approvals", "allowed_signers"),
    authorize: () => Promise.resolve({}),
  };
}
