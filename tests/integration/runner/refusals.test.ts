import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { Client } from "pg";
import { applyDirective } from "../../../runner/actions/apply";
import type { RunRequest } from "../../../runner/actions/run";
import type { ApprovalRules } from "../../../runner/approval/authorize";
import { connect } from "../../../runner/postgres/connection";
import { contentsOf } from "../../support/contents";
import { applyRequest, connectionOf, SQL_FOLDER } from "../../support/directive";
import { faultOf } from "../../support/faults";
import { serverOfFile, type TestDatabase } from "../../support/postgres";
import { relock } from "../../support/relock";
import { by } from "../../support/scene";
import { copySqlFolder, removeCopies, writeSql } from "../../support/sqlFolder";

const server = serverOfFile({ major: 17 }, removeCopies);

/** The project's own rules: nobody is trusted yet. */
function rules(requireApproval: boolean): ApprovalRules {
  const projectFolder = join(SQL_FOLDER, "..");
  const allowedSigners = join(__dirname, "..", "..", "support", "fixtures", "allowed_signers");
  return { requireApproval, requiredApprovals: 1, allowedSigners, projectFolder };
}

/** Applies, and gives the fault's message; the database must be as it was. */
async function refused(database: TestDatabase, request: RunRequest): Promise<string> {
  const client = await database.connect(server().superuser);
  const before = await contentsOf(client);
  const { message } = await faultOf(() => applyDirective(request));
  expect(await contentsOf(client)).toStrictEqual(before);
  return message;
}

describe("a database that is not as the directive needs it", () => {
  it("is refused without the amendment that section 5 needs, and is left as it was", async () => {
    const database = await server().createDatabase({ shape: "supabase" });
    const request = await applyRequest(database);
    const steps = request.steps.filter(({ id }) => id !== "phase_number_unique");
    const message = await refused(database, { ...request, steps });
    expect(message).toMatch(
      /^STATEMENT_FAILED: running section_5 at .* no unique constraint matching given keys .* \(SQLSTATE 42830\)/,
    );
  });

  it("is refused when it has no file_audit", async () => {
    const database = await server().createDatabase({ shape: "empty" });
    const message = await refused(database, await applyRequest(database));
    expect(message).toMatch(
      /^PRECHECK_FAILED: .*\n {2}- no table "public.file_audit", which the directive alters/,
    );
  });

  it("is accepted when other schemas have objects of the same names", async () => {
    const database = await server().createDatabase({ shape: "supabase" });
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

  it("is refused when the login may not create in public", async () => {
    const database = await server().createDatabase({ shape: "supabase" });
    const client = await database.connect(server().superuser);
    await client.query(
      "REVOKE CREATE ON SCHEMA public FROM postgres; ALTER SCHEMA public OWNER TO CURRENT_USER",
    );
    const message = await refused(database, await applyRequest(database));
    expect(message).toContain('GRANT CREATE ON SCHEMA "public" TO "postgres"');
  });
});

describe("a server that cannot be used", () => {
  it("is named without the password when nothing answers", async () => {
    const database = await server().createDatabase({ shape: "supabase" });
    const settings = { ...connectionOf(database), port: 1, password: "s3cret-word" };
    await expect(connect(settings)).rejects.toThrow(
      /^SERVER_UNREACHABLE: .*127\.0\.0\.1:1.*ECONNREFUSED/,
    );
    await expect(connect(settings)).rejects.not.toThrow("s3cret-word");
  });

  it("is named without the password when it refuses the password", async () => {
    const database = await server().createDatabase({ shape: "supabase" });
    const settings = { ...connectionOf(database), password: "wrong-word" };
    await expect(connect(settings)).rejects.toThrow(
      /^SERVER_REFUSED: .*password authentication failed.*28P01/,
    );
    await expect(connect(settings)).rejects.not.toThrow("wrong-word");
  });

  it("is refused when it has no TLS and TLS is required", async () => {
    const database = await server().createDatabase({ shape: "supabase" });
    await expect(connect({ ...connectionOf(database), sslMode: "verify-full" })).rejects.toThrow(
      /^SERVER_TLS: /,
    );
  });

  it("is refused on the transaction pooler's port before anything is sent", async () => {
    const database = await server().createDatabase({ shape: "supabase" });
    await expect(connect({ ...connectionOf(database), port: 6543 })).rejects.toThrow(
      /^SERVER_POOLER: .*session pooler \(port 5432\)/,
    );
  });
});

describe("a protected database", () => {
  it("is still protected when only a session says otherwise", async () => {
    const database = await server().createDatabase({ shape: "supabase" });
    const client = await database.connect();
    await client.query(`ALTER ROLE postgres IN DATABASE ${database.name} SET search_path = public`);
    await client.query("SET v7.unprotected = 'on'");
    const request = { ...(await applyRequest(database)), authorize: by(rules(true)) };
    const message = await refused(database, request);
    expect(message).toMatch(/^APPROVAL_REQUIRED/);
  });

  it("needs no approval once its own setting says that it is unprotected", async () => {
    const database = await server().createDatabase({ shape: "supabase", unprotected: true });
    const request = await applyRequest(database);
    const result = await applyDirective({ ...request, authorize: by(rules(false)) });
    expect(result.executed).toHaveLength(13);
  });
});

describe("a statement that fails", () => {
  it("is shown with file, line, column and caret, and everything before it is rolled back", async () => {
    const folder = copySqlFolder();
    const file = "amendments/lockdown.sql";
    const text = readFileSync(join(folder, "ad_005", file), "utf8");
    writeSql(folder, file, text.replace("refuse_change()", "refuse_chnage()"));
    await relock(folder, "ad_005");
    const database = await server().createDatabase({ shape: "supabase" });
    const message = await refused(database, await applyRequest(database, folder));
    expect(message.split("\n").slice(0, 3)).toStrictEqual([
      "STATEMENT_FAILED: running lockdown at sql/ad_005/amendments/lockdown.sql:49:1: found " +
        "function v7_control.refuse_chnage() does not exist (SQLSTATE 42883). Nothing was changed: everything was " +
        "rolled back. Correct what the server names, and run again.",
      "  REVOKE ALL PRIVILEGES ON FUNCTION v7_control.refuse_chnage() FROM PUBLIC;",
      "  ^",
    ]);
  });

  it("in any section leaves the database as it was, and the message names the section", async () => {
    const { steps } = await applyRequest(await server().createDatabase({ shape: "supabase" }));
    const sections = steps.filter(({ kind }) => kind === "section");
    for (const [index, section] of sections.entries()) {
      const database = await server().createDatabase({ shape: "supabase" });
      const admin = await database.connect(server().superuser);
      await failAfterStatement(
        admin,
        7 + index + (index > 3 ? 1 : 0) + (section.id === "section_8" ? 5 : 0),
      );
      const message = await refused(database, await applyRequest(database));
      expect(message).toContain(`running ${section.id} at sql/ad_005/directive.sql:`);
      expect(message).toContain("made to fail");
    }
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
