import { applyDirective } from "../../../runner/actions/apply";
import { rollbackDirective } from "../../../runner/actions/rollback";
import {
  createDatabaseClone,
  dropDatabaseClone,
  type CloneRequest,
} from "../../../runner/clone/databaseClone";
import { loadDirectives } from "../../../runner/directive/directive";
import { findDrift } from "../../../runner/drift/findDrift";
import { withConnection } from "../../../runner/postgres/connection";
import { asRunner } from "../../support/asRunner";
import { asOwner, prepareForBranches } from "../../support/branchesServer";
import { applyRequest, requestFor, SQL_FOLDER, type TestRequest } from "../../support/directive";
import { grantAll, makeRoles } from "../../support/drift";
import { MAJORS } from "../../support/majors";
import { startTestServer, type TestServer } from "../../support/postgres";

/** A branch as a stack would make it, by the runner alone. */
interface Branch {
  readonly clone: CloneRequest;
  readonly request: TestRequest;
}

/** The roles of the branch `_one` that may do anything on the directive's relations. */
const ROLES_OF_ONE = `
  SELECT r.rolname AS role FROM pg_roles r
   WHERE r.rolname LIKE 'v7\\_%\\_one' AND EXISTS (
           SELECT FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
            WHERE n.nspname IN ('public', 'v7_control') AND c.relkind IN ('r', 'v')
              AND has_table_privilege(r.oid, c.oid, 'SELECT, INSERT, UPDATE, DELETE'))
   ORDER BY 1`;

describe.each(MAJORS)("a server set up as the document says, on PostgreSQL %i,", (major) => {
  let server: TestServer;
  let branches: readonly Branch[];

  beforeAll(async () => {
    server = await startTestServer({ major });
    const { user, password, template } = await prepareForBranches(server);
    branches = await Promise.all(
      ["_one", "_two"].map(async (suffix) => {
        const { host, port } = server;
        const login = { user, password, sslMode: "disable" } as const;
        const connection = { host, port, databaseName: `v7${suffix}`, ...login };
        const request = {
          ...(await requestFor(connection)),
          ...(await loadDirectives(SQL_FOLDER, [], suffix)),
        };
        return { clone: { connection, template, stack: suffix }, request };
      }),
    );
  });
  afterAll(async () => {
    await server.stop();
  });

  const fingerprints = async (): Promise<string[]> => {
    const found: string[] = [];
    for (const { request } of branches) {
      const { findings, schemaFingerprint } = await withConnection(request.connection, (client) =>
        findDrift(client, request),
      );
      expect(findings).toEqual([]);
      found.push(schemaFingerprint);
    }
    return found;
  };

  it("lets a login without superuser apply the directive in two clones with separate roles", async () => {
    for (const { clone, request } of branches) {
      await createDatabaseClone(clone);
      await withConnection(request.connection, (client) => makeRoles(client, request.access));
      await applyDirective(request);
      await withConnection(request.connection, (client) => grantAll(client, request.access));
    }
    const [one, two] = await fingerprints();
    expect(two).toBe(one);
  });

  it("has the same catalog in its clones as in a database with plain roles", async () => {
    const database = await server.createDatabase({ shape: "supabase" });
    const owner = await database.connect();
    const plain = await applyRequest(database);
    await makeRoles(owner, plain.access);
    await applyDirective(plain);
    const { schemaFingerprint } = await asRunner(owner, (client) => findDrift(client, plain));
    expect(await fingerprints()).toEqual([schemaFingerprint, schemaFingerprint]);
  });

  it("gives one clone's roles access to their own database only", async () => {
    const able: unknown[] = [];
    for (const { request } of branches) {
      await withConnection(request.connection, async (client) => {
        const { rows } = await client.query<{ role: string }>(ROLES_OF_ONE);
        able.push(rows.map(({ role }) => role));
      });
    }
    const all = Object.keys(branches[0]?.request.access.roles ?? {});
    expect(able).toEqual([all.sort(), []]);
  });

  it("has nothing left of a clone after its rollback and drop, and keeps the other clone", async () => {
    const [one, two] = branches;
    if (one === undefined || two === undefined) {
      throw new Error("no branches");
    }
    await rollbackDirective(one.request);
    await withConnection(one.request.connection, async (client) => {
      for (const role of Object.keys(one.request.access.roles)) {
        await client.query(`DROP OWNED BY ${role}; DROP ROLE ${role}`).catch(async () => {
          // From PostgreSQL 16 on the creator of a role does not have its rights.
          await client.query(`GRANT ${role} TO CURRENT_USER`);
          await client.query(`DROP OWNED BY ${role}`);
          await client.query(`DROP ROLE ${role}`);
        });
      }
    });
    await dropDatabaseClone(one.clone);
    const left = await asOwner(server, "postgres", async (client) => [
      (await client.query("SELECT FROM pg_database WHERE datname = 'v7_one'")).rowCount,
      (await client.query("SELECT FROM pg_roles WHERE rolname LIKE 'v7\\_%\\_one'")).rowCount,
    ]);
    expect(left).toEqual([0, 0]);
    const { findings } = await withConnection(two.request.connection, (client) =>
      findDrift(client, two.request),
    );
    expect(findings).toEqual([]);
  });
});
