import { readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { sha256 } from "../../../runner/base/sha256";
import { loadManifest } from "../../../runner/directive/manifest";
import { faultOf } from "../../support/faults";
import {
  SQL_FOLDER,
  copySqlFolder,
  editManifest,
  removeCopies,
  stepOf,
  writeSql,
  type ManifestText,
} from "../../support/sqlFolder";

afterEach(removeCopies);

const refusal = async (folder: string): Promise<string> =>
  (await faultOf(() => loadManifest(folder, "ad_005"))).message;

/** The message to the author, before there is a lock. */
const refusalOfDraft = async (folder: string): Promise<string> =>
  (await faultOf(() => loadManifest(folder, "ad_005", true))).message;

/** A copy whose amendment lockdown has this text, and is of this kind. */
function copyWith(text: string, kind = "amendment"): string {
  const folder = copySqlFolder();
  editManifest(folder, (manifest) => (stepOf(manifest, "lockdown").kind = kind));
  writeSql(folder, "amendments/lockdown.sql", text);
  return folder;
}

/** The message that refuses a manifest with this change. */
async function refusalOf(edit: (manifest: ManifestText) => void): Promise<string> {
  const folder = copySqlFolder();
  editManifest(folder, edit);
  return await refusalOfDraft(folder);
}

describe("a directive's folder", () => {
  it("is accepted if it is an unchanged copy", async () => {
    const { steps } = await loadManifest(copySqlFolder(), "ad_005");
    const own = await loadManifest(SQL_FOLDER, "ad_005");
    expect(steps.map(({ id }) => id)).toEqual(own.steps.map(({ id }) => id));
  });

  it("is refused if a bit of directive.sql is flipped", async () => {
    const folder = copySqlFolder();
    const path = join(folder, "ad_005", "directive.sql");
    const original = readFileSync(path);
    for (let position = 0; position < original.length; position += 97) {
      const changed = Buffer.from(original);
      changed[position] = (changed[position] ?? 0) ^ 0x20;
      writeFileSync(path, changed);
      expect((await refusal(folder)).split(": found ")[0]).toBe(
        'DIRECTIVE_CHANGED: checking "sql/ad_005/directive.sql"',
      );
    }
  });

  it.each([
    ["an additional byte at the end", (bytes: Buffer) => Buffer.concat([bytes, Buffer.from("\n")])],
    ["a missing byte at the end", (bytes: Buffer) => bytes.subarray(0, -1)],
    ["a byte-order mark", (bytes: Buffer) => Buffer.concat([Buffer.from("\uFEFF"), bytes])],
    [
      "other line ends",
      (bytes: Buffer) => Buffer.from(bytes.toString("utf8").replaceAll("\n", "\r\n")),
    ],
    ["no bytes", () => Buffer.alloc(0)],
  ])("is refused if directive.sql has %s", async (_what, change) => {
    const folder = copySqlFolder();
    const path = join(folder, "ad_005", "directive.sql");
    const changed = change(readFileSync(path));
    writeFileSync(path, changed);
    expect(await refusal(folder)).toBe(
      `DIRECTIVE_CHANGED: checking "sql/ad_005/directive.sql": found sha256 ${sha256(changed)}, ` +
        "expected e4f16b9ff6fcca154104c5cb7a81adb3e9c3cb2f5d0f20ebab9f2db811f4e848 as lock.json says. " +
        "Restore the file from version control; what runs must be the directive's bytes. " +
        "Its author runs npx v7 directive lock ad_005.",
    );
  });

  it.each([
    "amendments/v7_control.sql",
    "amendments/phase_number_unique.sql",
    "amendments/lockdown.sql",
    "rollback/v7_control.sql",
    "rollback/section_2.sql",
    "rollback/phase_number_unique.sql",
  ])("is refused if %s is changed", async (file) => {
    const folder = copySqlFolder();
    const path = join(folder, "ad_005", file);
    const changed = readFileSync(path, "utf8").replace("--", "-- ");
    writeFileSync(path, changed);
    expect((await refusal(folder)).split(": found ")[0]).toBe(
      `DIRECTIVE_CHANGED: checking "sql/ad_005/${file}"`,
    );
  });
});

describe("a manifest", () => {
  it("is refused if it is missing", async () => {
    const folder = copySqlFolder();
    rmSync(join(folder, "ad_005", "manifest.yaml"));
    expect(await refusal(folder)).toBe(
      'MANIFEST_INVALID: reading "sql/ad_005/manifest.yaml": found no such file. Put the file there; docs/sql.md says what it holds.',
    );
  });

  it.each(["directive.sql", "amendments/lockdown.sql", "rollback/section_3.sql"])(
    "is refused if %s is missing",
    async (file) => {
      const folder = copySqlFolder();
      rmSync(join(folder, "ad_005", file));
      expect(await refusal(folder)).toBe(
        `MANIFEST_INVALID: reading "${file}", which the manifest names: found no such file, ` +
          `expected that file in ${join(folder, "ad_005")}. Put the file there, or correct the manifest.`,
      );
    },
  );

  it.each(["../outside.sql", "amendments/../../outside.sql", "..", "."])(
    "is refused if a file's name leads out of the folder: %s",
    async (file) => {
      const folder = copySqlFolder();
      writeFileSync(join(folder, "outside.sql"), "SELECT 1;");
      editManifest(folder, (manifest) => {
        stepOf(manifest, "lockdown").file = file;
      });
      expect(await refusal(folder)).toBe(
        `MANIFEST_INVALID: reading manifest.yaml: found the file name "${file}", ` +
          "expected a file in the directive's own folder. Name a file below the manifest.",
      );
    },
  );

  it("is refused if a file's name is absolute, since that means a missing file below the folder", async () => {
    const message = await refusalOf((manifest) => {
      stepOf(manifest, "lockdown").file = "/etc/hostname";
    });
    expect(message).toContain(
      'reading "/etc/hostname", which the manifest names: found no such file',
    );
  });

  it.each([
    ["BEGIN;\nSELECT 1;\nCOMMIT;", 1, "1:1"],
    ["SELECT 1;\nROLLBACK;", 2, "2:1"],
    ["SAVEPOINT a;", 1, "1:1"],
    ["SELECT 1;\n;\n/* */ COMMIT AND CHAIN;", 2, "3:7"],
    ["START TRANSACTION;", 1, "1:1"],
    ["PREPARE TRANSACTION 'x';", 1, "1:1"],
  ])("is refused if a file has transaction control: %j", async (text, statement, place) => {
    expect(await refusalOfDraft(copyWith(text))).toBe(
      `MANIFEST_INVALID: reading "sql/ad_005/amendments/lockdown.sql" at ${place}: found transaction control in statement ${String(statement)}, ` +
        "expected none: the runner opens and ends the one transaction. " +
        "Take BEGIN, COMMIT, ROLLBACK and SAVEPOINT out of the file.",
    );
  });

  it.each([
    ["SET lock_timeout = 0", "SET lock_timeout"],
    ["SELECT 1; SET LOCAL statement_timeout = 0", "SET statement_timeout", 2],
    ["RESET lock_timeout", "RESET lock_timeout"],
    ["RESET ALL", "RESET ALL"],
    ["SET ROLE postgres", "SET ROLE"],
    ["SET SESSION AUTHORIZATION postgres", "SET SESSION AUTHORIZATION"],
    ["RESET SESSION AUTHORIZATION", "RESET SESSION AUTHORIZATION"],
    ["SET TRANSACTION ISOLATION LEVEL SERIALIZABLE", "SET TRANSACTION"],
    ["SET SESSION CHARACTERISTICS AS TRANSACTION READ ONLY", "SET SESSION CHARACTERISTICS"],
    ["SELECT set_config('role', 'postgres', true)", "set_config()"],
    ["UPDATE jobs SET id = 1 WHERE pg_catalog.set_config('a.b', 'c', false) = 'c'", "set_config()"],
    ["SELECT pg_advisory_unlock_all()", "pg_advisory_unlock_all()"],
    ["VACUUM", "VACUUM"],
    ["LISTEN x", "LISTEN"],
    ["UNLISTEN *", "UNLISTEN"],
    ["PREPARE p AS SELECT 1", "PREPARE"],
    ["EXECUTE p", "EXECUTE"],
    ["DEALLOCATE ALL", "DEALLOCATE"],
    ["DISCARD ALL", "DISCARD ALL"],
    ["DISCARD PLANS", "DISCARD"],
    ["LOAD 'auto_explain'", "LOAD"],
    ["COPY jobs TO PROGRAM 'cat'", "COPY"],
    ["COPY jobs FROM '/etc/passwd'", "COPY"],
    ["COPY jobs FROM STDIN", "COPY"],
    ["CHECKPOINT", "CHECKPOINT"],
    ["ALTER SYSTEM SET fsync = off", "ALTER SYSTEM"],
    ["ALTER DATABASE d SET v7.unprotected = 'on'", "ALTER DATABASE"],
    ["ALTER ROLE postgres SET role = 'x'", "ALTER ROLE ... SET"],
    ["CREATE DATABASE d", "CREATE DATABASE"],
    ["DROP INDEX CONCURRENTLY i", "DROP INDEX CONCURRENTLY"],
    ["DO $$ BEGIN SET LOCAL ROLE postgres; END $$", "SET in a DO block"],
    ["DO $$ BEGIN IF true THEN RESET lock_timeout; END IF; END $$", "RESET in a DO block"],
    ["DO $$ BEGIN /* so */ EXECUTE 'set role postgres'; END $$", "SET in a DO block"],
    ["DO $$ BEGIN EXECUTE format('SET ROLE %I', 'x'); END $$", "SET in a DO block"],
    ["DO $$ BEGIN PERFORM set_config('a.b', 'c', false); END $$", "set_config() in a DO block"],
  ])(
    "is refused if a statement is not allowed in a directive: %s",
    async (text, found, number = 1) => {
      expect(await refusalOfDraft(copyWith(text))).toContain(
        `MANIFEST_INVALID: reading "sql/ad_005/amendments/lockdown.sql" at 1:${number === 1 ? "1" : "11"}: found ${found} in statement ${String(number)}, ` +
          "expected a statement that changes objects or rows",
      );
    },
  );

  it.each([
    "UPDATE jobs SET id = 1",
    "ANALYZE jobs",
    "CREATE USER MAPPING FOR PUBLIC SERVER s",
    "NOTIFY pgrst, 'reload schema'",
    "SELECT pg_advisory_xact_lock(1)",
    "CREATE FUNCTION f() RETURNS int LANGUAGE sql SET search_path = pg_catalog AS 'SELECT 1'",
    "ALTER TABLE jobs ALTER COLUMN id SET DEFAULT 1",
    "DO $$ BEGIN -- SET ROLE x\n UPDATE jobs\n SET id = 1; RAISE NOTICE 'reset: it'; END $$",
  ])("is accepted with an allowed statement: %s", async (text) => {
    await expect(loadManifest(copyWith(text), "ad_005", true)).resolves.toBeDefined();
  });

  it("is refused if a statement has a password, which the message does not show", async () => {
    const text = "SELECT 1;ALTER ROLE v7_reader\n  PASSWORD 'hunter2'";
    expect(await refusalOfDraft(copyWith(text))).toBe(
      'MANIFEST_INVALID: reading "sql/ad_005/amendments/lockdown.sql" at 1:10: ' +
        "found a password, a key or a connection string with one in statement 2, " +
        "expected none: the repository, the packet and the server's log would show it. " +
        "Take it out of the file, and change it where it is in use; somebody sets it on the server by hand, or v7:logins has its verifier.",
    );
  });

  it.each([
    "CREATE USER MAPPING FOR PUBLIC SERVER s OPTIONS (\"user\" 'u', secret_word 'hunter2')",
    "ALTER USER MAPPING FOR PUBLIC SERVER s OPTIONS (SET word 'hunter2')",
  ])(
    "is refused if a statement has options of a user mapping, which the message does not show: %s",
    async (text) => {
      const refusal = await refusalOfDraft(copyWith(text));
      expect(refusal).toContain(
        "found the options of a user mapping in statement 1, expected none: ",
      );
      expect(refusal).not.toContain("hunter2");
    },
  );

  const BATCH = "one UPDATE, DELETE, INSERT or MERGE with a LIMIT";

  it.each([
    ["concurrent", "CREATE INDEX i ON jobs (id)", 1, "CREATE INDEX CONCURRENTLY"],
    ["value", "ALTER TYPE t ADD VALUE 'a'; SELECT 1", 2, "ALTER TYPE ... ADD VALUE"],
    ["value", "ALTER TYPE t RENAME VALUE 'a' TO 'b'", 1, "ALTER TYPE ... ADD VALUE"],
    ["backfill", "UPDATE jobs SET id = 1", 1, BATCH],
    ["backfill", "DELETE FROM jobs WHERE id IN (SELECT id FROM jobs LIMIT ALL)", 1, BATCH],
    ["backfill", "INSERT INTO jobs VALUES (1)", 1, BATCH],
    ["backfill", "SELECT id FROM jobs LIMIT 5", 1, BATCH],
    ["backfill", "CREATE TABLE a AS SELECT id FROM jobs LIMIT 5", 1, BATCH],
    ["backfill", `INSERT INTO a SELECT id FROM jobs LIMIT 5; SELECT 1`, 2, BATCH],
  ])(
    "is refused if a step of kind %s has another statement: %s",
    async (kind, text, number, name) => {
      expect(await refusalOfDraft(copyWith(text, kind))).toContain(
        `found step "lockdown" of kind ${kind}, and something else than ${name} in statement ${String(number)}, ` +
          "expected nothing else: ",
      );
    },
  );

  it.each([
    ["value", "ALTER TYPE t ADD VALUE 'a'; ALTER TYPE t ADD VALUE IF NOT EXISTS 'b' BEFORE 'a'"],
    ["backfill", "UPDATE jobs SET id = 1 WHERE id IN (SELECT id FROM jobs WHERE id > 1 LIMIT 5)"],
    ["backfill", "DELETE FROM jobs WHERE id IN (SELECT id FROM jobs FETCH FIRST 5 ROWS ONLY)"],
    ["backfill", "WITH b AS (SELECT id FROM jobs LIMIT 5) INSERT INTO a SELECT id FROM b"],
    [
      "backfill",
      "MERGE INTO a USING (SELECT id FROM jobs LIMIT 5) b ON a.id = b.id WHEN MATCHED THEN DELETE",
    ],
  ])("is accepted if a step of kind %s has its own statements: %s", async (kind, text) => {
    await expect(loadManifest(copyWith(text, kind), "ad_005", true)).resolves.toBeDefined();
  });

  it("is refused if an inverse has transaction control", async () => {
    const folder = copySqlFolder();
    writeSql(folder, "rollback/section_1.sql", "COMMIT;");
    expect(await refusalOfDraft(folder)).toContain("found transaction control in statement 1");
  });

  it.each<[string, unknown, string]>([
    ["section_2", [3, 3], "at section_2: found statement 3, expected statement 2"],
    ["section_3", [2, 3], "at section_3: found statement 2, expected statement 3"],
    ["section_8", [13, 12], 'section_8": statements is not [first, last]'],
  ])("is refused if %s has the statements %j", async (id, statements, expected) => {
    const message = await refusalOf((manifest) => {
      stepOf(manifest, id).statements = statements;
    });
    expect(message.startsWith("MANIFEST_INVALID: ")).toBe(true);
    expect(message).toContain(expected);
  });

  it("is refused if sections are in another order than in the file", async () => {
    const message = await refusalOf(({ steps }) => {
      steps.splice(2, 0, ...steps.splice(1, 1));
    });
    expect(message).toContain("at section_2: found statement 2, expected statement 1");
  });

  it("is refused if a statement of the file is in no section", async () => {
    const message = await refusalOf((manifest) => {
      manifest.steps = manifest.steps.filter(({ id }) => id !== "section_8");
    });
    expect(message).toContain("at the last section: found statement 13, expected statement 14");
  });

  it("is refused if a file is a symbolic link to a missing file", async () => {
    const folder = copySqlFolder();
    rmSync(join(folder, "ad_005", "directive.sql"));
    symlinkSync("nowhere", join(folder, "ad_005", "directive.sql"));
    expect((await refusal(folder)).split(":")[0]).toBe("MANIFEST_INVALID");
  });
});

describe("a lock", () => {
  const file = (folder: string): string => join(folder, "ad_005", "lock.json");
  const REMEDY = "Run npx v7 directive lock ad_005.";

  it("is refused if it is missing", async () => {
    const folder = copySqlFolder();
    rmSync(file(folder));
    expect(await refusal(folder)).toBe(
      'MANIFEST_INVALID: reading "sql/ad_005/lock.json": found no such file, ' +
        `expected the lock that a run of the directive wrote. ${REMEDY}`,
    );
  });

  it.each(["", "{", "[]", "{}", '{"version":2,"files":{}}', '{"version":1}'])(
    "is refused if it is %j",
    async (text) => {
      const folder = copySqlFolder();
      writeFileSync(file(folder), text);
      expect(await refusal(folder)).toBe(
        'MANIFEST_INVALID: reading "sql/ad_005/lock.json": found a file that is no lock, ' +
          `expected the lock that a run of the directive wrote. ${REMEDY}`,
      );
    },
  );

  it.each<[string, (manifest: ManifestText) => void, string]>([
    ["a missing step", ({ steps }) => steps.splice(0, 1), "18 steps"],
    [
      "another kind of step",
      (m) => (stepOf(m, "lockdown").kind = "population"),
      'no step "lockdown" as the manifest has it',
    ],
    [
      "a step that is optional now",
      (m) => (stepOf(m, "lockdown")["required"] = false),
      'no step "lockdown" as the manifest has it',
    ],
    [
      "a step of another name",
      (m) => (stepOf(m, "lockdown").id = "shutdown"),
      'no step "shutdown" as the manifest has it',
    ],
    [
      "other statements in a section",
      (m) => {
        stepOf(m, "section_6").statements = [6, 7];
        stepOf(m, "section_7").statements = [8, 12];
      },
      'no step "section_6" as the manifest has it',
    ],
  ])("is refused if the manifest differs: %s", async (_what, edit, found) => {
    const folder = copySqlFolder();
    editManifest(folder, edit);
    expect(await refusal(folder)).toBe(
      `MANIFEST_INVALID: reading "sql/ad_005/lock.json": found ${found}, expected the steps of manifest.yaml. ${REMEDY}`,
    );
  });

  it("is refused if it does not name a file of the manifest", async () => {
    const folder = copySqlFolder();
    editManifest(folder, (manifest) => {
      stepOf(manifest, "lockdown").file = "amendments/shutdown.sql";
    });
    writeSql(folder, "amendments/shutdown.sql", "ANALYZE;");
    expect(await refusal(folder)).toContain("expected a file that lock.json names. ");
  });
});
