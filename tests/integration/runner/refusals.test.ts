import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Client } from "pg";
import { applyDirective, type ApplyRequest } from "../../../runner/actions/apply";
import { authorize, type ApprovalRules } from "../../../runner/approval/authorize";
import { Fault } from "../../../runner/base/fault";
import { loadManifest } from "../../../runner/directive/manifest";
import { connect } from "../../../runner/postgres/connection";
import { applyRequest, connectionOf, SQL_FOLDER } from "../../support/directive";
import { startTestServer, type TestDatabase, type TestServer } from "../../support/postgres";
import { relock } from "../../support/relock";

let server: TestServer;

beforeAll(async () => {
  server = await startTestServer({ major: 17 });
});

afterAll(async () => {
  await server.stop();
});

/** The project's own rules: nobody is trusted yet. */
function rules(requireApproval: boolean): ApprovalRules {
  const projectFolder = join(SQL_FOLDER, "..");
  const allowedSigners = join(__dirname, "..", "..", "support", "fixtures", "allowed_signers");
  return { requireApproval, requiredApprovals: 1, allowedSigners, projectFolder };
}

/** Everything that a user could tell apart in the catalog: names, kinds, owners, privileges, columns. */
async function everything(client: Client): Promise<unknown> {
  const { rows } = await client.query(
    `SELECT n.nspname, c.relname, c.relkind, c.relacl::text, a.attname, a.attacl::text
       FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace LEFT JOIN pg_attribute a ON a.attrelid = c.oid
      WHERE n.nspname NOT LIKE 'pg_%' ORDER BY 1, 2, 3, 5`,
  );
  return rows;
}

/** Applies, and gives the fault's message; the database must be as it was. */
async function refused(database: TestDatabase, request: ApplyRequest): Promise<string> {
  const client = await database.connect(server.superuser, server.superuserPassword);
  const before = await everything(client);
  const fault = await applyDirective(request).then(
    () => undefined,
    (error: unknown) => error,
  );
  expect(fault).toBeInstanceOf(Fault);
  expect(await everything(client)).toStrictEqual(before);
  return (fault as Fault).message;
}

describe("a database that is not as the directive needs it", () => {
  it("is refused without the amendment that section 5 needs, and left as it was", async () => {
    const database = await server.createDatabase({ shape: "supabase" });
    const request = await applyRequest(database);
    const steps = request.steps.filter(({ id }) => id !== "phase_number_unique");
    const message = await refused(database, { ...request, steps });
    expect(message).toMatch(
      /^STATEMENT_FAILED: running section_5 at .* no unique constraint matching given keys .* \(SQLSTATE 42830\)/,
    );
  });

  it("is refused where file_audit is not there", async () => {
    const database = await server.createDatabase({ shape: "empty" });
    const message = await refused(database, await applyRequest(database));
    expect(message).toMatch(
      /^PRECHECK_FAILED: .*\n {2}- no table "public.file_audit", which the directive alters/,
    );
  });

  it("is refused where file_audit belongs to somebody else, with the GRANT that helps", async () => {
    const database = await server.createDatabase({ shape: "supabase" });
    const client = await database.connect(server.superuser, server.superuserPassword);
    await client.query(`ALTER TABLE file_audit OWNER TO "${server.superuser}"`);
    const message = await refused(database, await applyRequest(database));
    expect(message).toContain(`table "public.file_audit" owned by "${server.superuser}"`);
    expect(message).toContain(`GRANT "${server.superuser}" TO "postgres"`);
  });

  it("is refused where somebody left half of the schema, with every object named at once", async () => {
    const database = await server.createDatabase({ shape: "supabase" });
    const client = await database.connect();
    await client.query(
      "CREATE TABLE v7_test_results (id int); ALTER TABLE file_audit ADD COLUMN v7_target_name text",
    );
    await client.query("CREATE INDEX idx_test_results_status ON v7_test_results (id)");
    const message = await refused(database, await applyRequest(database));
    expect(message).toContain(
      "column public.file_audit.v7_target_name, index public.idx_test_results_status, table public.v7_test_results: " +
        "there already, and the history does not know of them",
    );
  });

  it("is not misled by objects of the same names in other schemas", async () => {
    const database = await server.createDatabase({ shape: "supabase" });
    const client = await database.connect();
    await client.query("CREATE SCHEMA other; CREATE TABLE other.v7_test_results (id int)");
    await client.query(
      "ALTER ROLE postgres IN DATABASE " + database.name + " SET search_path = other, public",
    );
    const result = await applyDirective(await applyRequest(database));
    expect(result.executed).toHaveLength(13);
    const { rows } = await client.query(
      "SELECT to_regclass('public.v7_test_results') IS NOT NULL AS there",
    );
    expect(rows).toStrictEqual([{ there: true }]);
  });

  it("is refused where a login may not create in public", async () => {
    const database = await server.createDatabase({ shape: "supabase" });
    const client = await database.connect(server.superuser, server.superuserPassword);
    await client.query(
      "REVOKE CREATE ON SCHEMA public FROM postgres; ALTER SCHEMA public OWNER TO CURRENT_USER",
    );
    const message = await refused(database, await applyRequest(database));
    expect(message).toContain('GRANT CREATE ON SCHEMA "public" TO "postgres"');
  });
});

describe("a server that cannot be used", () => {
  it("is named where nothing answers, and the password is not", async () => {
    const database = await server.createDatabase({ shape: "supabase" });
    const settings = { ...connectionOf(database), port: 1, password: "s3cret-word" };
    await expect(connect(settings)).rejects.toThrow(
      /^SERVER_UNREACHABLE: .*127\.0\.0\.1:1.*ECONNREFUSED/,
    );
    await expect(connect(settings)).rejects.not.toThrow("s3cret-word");
  });

  it("is named where it refuses the password, and the password is not", async () => {
    const database = await server.createDatabase({ shape: "supabase" });
    const settings = { ...connectionOf(database), password: "wrong-word" };
    await expect(connect(settings)).rejects.toThrow(
      /^SERVER_REFUSED: .*password authentication failed.*28P01/,
    );
    await expect(connect(settings)).rejects.not.toThrow("wrong-word");
  });

  it("is refused where it speaks no TLS and TLS is asked for", async () => {
    const database = await server.createDatabase({ shape: "supabase" });
    await expect(connect({ ...connectionOf(database), sslMode: "verify-full" })).rejects.toThrow(
      /^SERVER_TLS: /,
    );
  });

  it("is refused on the transaction pooler's port before anything is sent", async () => {
    const database = await server.createDatabase({ shape: "supabase" });
    await expect(connect({ ...connectionOf(database), port: 6543 })).rejects.toThrow(
      /^SERVER_POOLER: .*session pooler \(port 5432\)/,
    );
  });
});

describe("a protected database", () => {
  it("is refused without approval, and is as before", async () => {
    const database = await server.createDatabase({ shape: "supabase" });
    const request = await applyRequest(database);
    const message = await refused(database, {
      ...request,
      authorize: (prepared, client) => authorize(prepared, client, rules(true)),
    });
    expect(message).toMatch(
      /^APPROVAL_REQUIRED: running a plan on a protected database \(plan [0-9a-f]{16}…, apply\): found no valid approval/,
    );
  });

  it("is refused whatever requireApproval says", async () => {
    const database = await server.createDatabase({ shape: "supabase" });
    const request = await applyRequest(database);
    const message = await refused(database, {
      ...request,
      authorize: (prepared, client) => authorize(prepared, client, rules(false)),
    });
    expect(message).toMatch(
      /^SETTING_INVALID: .*"v7:requireApproval": found false, although the database is protected/,
    );
  });

  it("is still protected where a session only claims otherwise", async () => {
    const database = await server.createDatabase({ shape: "supabase" });
    const client = await database.connect();
    await client.query(`ALTER ROLE postgres IN DATABASE ${database.name} SET search_path = public`);
    await client.query("SET v7.unprotected = 'on'");
    const request = await applyRequest(database);
    const message = await refused(database, {
      ...request,
      authorize: (prepared, client) => authorize(prepared, client, rules(true)),
    });
    expect(message).toMatch(/^APPROVAL_REQUIRED/);
  });

  it("applies where the database itself says that it is unprotected", async () => {
    const database = await server.createDatabase({ shape: "supabase", unprotected: true });
    const request = await applyRequest(database);
    const result = await applyDirective({
      ...request,
      authorize: (prepared, client) => authorize(prepared, client, rules(false)),
    });
    expect(result.executed).toHaveLength(13);
  });
});

describe("a statement that fails", () => {
  let folder: string;

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), "v7-sql-"));
    cpSync(SQL_FOLDER, folder, { recursive: true });
  });

  afterEach(() => {
    rmSync(folder, { recursive: true });
  });

  it("is shown with file, line, column and caret, and everything before it is rolled back", async () => {
    const file = join(folder, "ad_005", "amendments", "lockdown.sql");
    writeFileSync(
      file,
      readFileSync(file, "utf8").replace(
        "v7_control.refuse_change()",
        "v7_control.refuse_chnage()",
      ),
    );
    await relock(folder, "ad_005");
    const database = await server.createDatabase({ shape: "supabase" });
    const message = await refused(database, await applyRequest(database, folder));
    expect(message.split("\n").slice(0, 3)).toStrictEqual([
      "STATEMENT_FAILED: running lockdown at sql/ad_005/amendments/lockdown.sql:49:1: found " +
        "function v7_control.refuse_chnage() does not exist (SQLSTATE 42883). Nothing was changed: everything was " +
        "rolled back. Correct what the server names, and run again.",
      "  REVOKE ALL PRIVILEGES ON FUNCTION v7_control.refuse_chnage() FROM PUBLIC;",
      "  ^",
    ]);
  });

  it("is any section's in turn: the database is as before, and the message names the section", async () => {
    const { steps } = await applyRequest(await server.createDatabase({ shape: "supabase" }));
    const sections = steps.filter(({ kind }) => kind === "section");
    for (const [index, section] of sections.entries()) {
      const database = await server.createDatabase({ shape: "supabase" });
      const admin = await database.connect(server.superuser, server.superuserPassword);
      await failAfterStatement(
        admin,
        7 + index + (index > 3 ? 1 : 0) + (section.id === "section_8" ? 5 : 0),
      );
      const message = await refused(database, await applyRequest(database));
      expect(message).toContain(`running ${section.id} at sql/ad_005/directive.sql:`);
      expect(message).toContain("made to fail");
    }
  });

  it("is not run at all where a byte of the directive differs from the manifest", async () => {
    const file = join(folder, "ad_005", "directive.sql");
    const bytes = readFileSync(file);
    bytes[100] = (bytes[100] ?? 0) ^ 1;
    writeFileSync(file, bytes);
    await expect(loadManifest(folder, "ad_005")).rejects.toThrow(
      /^DIRECTIVE_CHANGED: .*sql\/ad_005\/directive\.sql/,
    );
  });
});

/** Makes the server refuse the n-th command that changes the schema. */
async function failAfterStatement(admin: Client, n: number): Promise<void> {
  await admin.query(`
    CREATE SEQUENCE public.commands;
    GRANT ALL ON SEQUENCE public.commands TO PUBLIC;
    CREATE FUNCTION extensions.fail() RETURNS event_trigger LANGUAGE plpgsql AS $$
    BEGIN
      IF nextval('public.commands') >= ${String(n)} THEN RAISE EXCEPTION 'made to fail'; END IF;
    END $$;
    CREATE EVENT TRIGGER fail ON ddl_command_start EXECUTE FUNCTION extensions.fail()`);
}
