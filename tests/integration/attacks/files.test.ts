import { execFileSync, spawn } from "node:child_process";
import { mkdirSync, readFileSync, renameSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { parse } from "yaml";
import { applyDirective } from "../../../runner/actions/apply";
import { readPlanFile } from "../../../runner/approval/planFile";
import { canonicalJson } from "../../../runner/base/canonicalJson";
import { loadDirectives } from "../../../runner/directive/directive";
import { readHistory } from "../../../runner/history/history";
import { preparePlan } from "../../../runner/plan/preparePlan";
import { withConnection } from "../../../runner/postgres/connection";
import { SQL_FOLDER } from "../../support/directive";
import { faultOf } from "../../support/faults";
import { serverOfFile } from "../../support/postgres";
import { relock } from "../../support/relock";
import {
  appliedScene,
  approve,
  expectRefused as expectRefusedIn,
  makeScene,
  type Scene,
} from "../../support/scene";
import { copySqlFolder, removeCopies } from "../../support/sqlFolder";
import { makeFolder, removeFolders } from "../../unit/approval/support";

const theServer = serverOfFile({ major: 17 }, removeFolders);

/** The kinds of the required steps except sections, so that a population is among them if there is one. */
const KINDS = (
  parse(readFileSync(join(SQL_FOLDER, "ad_005", "manifest.yaml"), "utf8")) as {
    steps: { kind: string; required?: boolean }[];
  }
).steps
  .filter(({ kind, required }) => kind !== "section" && required !== false)
  .map(({ kind }) => kind);

const inDirective = (scene: Scene, file: string): string =>
  join(scene.folder, "sql", "ad_005", file);

/** Changes one character of a file, and nothing else. */
function changeByte(path: string, from: string, to: string): void {
  const text = readFileSync(path, "utf8");
  expect([text.includes(from), from.length]).toEqual([true, to.length]);
  writeFileSync(path, text.replace(from, to));
}

/** Runs with the changed files, whose lock was made to match them. */
const expectRefused = (scene: Scene, code: string): Promise<void> =>
  expectRefusedIn(scene.database, code, async () => {
    const directives = await loadDirectives(join(scene.folder, "sql"), []);
    await applyDirective({ ...scene.request, ...directives });
  });

describe("one byte changed after signing", () => {
  it("in the directive or in a file that the manifest names is refused before a connection is made", async () => {
    const { allSteps } = await loadDirectives(SQL_FOLDER, []);
    const files = new Set(allSteps.flatMap(({ file, inverse }) => [file, inverse?.file ?? file]));
    expect([...files]).toEqual(
      expect.arrayContaining(["directive.sql", "amendments/lockdown.sql"]),
    );
    for (const file of files) {
      const folder = copySqlFolder();
      const path = join(folder, "ad_005", file);
      const bytes = readFileSync(path);
      // The first letter of the file, whatever it says: a comment counts too.
      const at = bytes.findIndex((byte) => byte >= 0x61 && byte <= 0x7a);
      bytes[at] = (bytes[at] ?? 0) ^ 0x20;
      writeFileSync(path, bytes);
      const { code } = await faultOf(() => loadDirectives(folder, []));
      expect([file, code]).toEqual([file, "DIRECTIVE_CHANGED"]);
    }
    removeCopies();
  });

  it.each([...new Set(KINDS)])(
    "in a file of the kind %s is refused even if the lock is made to match",
    async (kind) => {
      const scene = await makeScene(theServer());
      await approve(scene);
      const step = scene.request.steps.find((one) => one.kind === kind);
      const path = inDirective(scene, step?.file ?? "");
      writeFileSync(path, `${readFileSync(path, "utf8")}-- \n`);
      await relock(join(scene.folder, "sql"), "ad_005");
      await expectRefused(scene, "APPROVAL_WRONG_PLAN");
    },
  );

  it.each([
    ["a reason of the manifest", "manifest.yaml", "reason: A", "reason: a"],
    [
      "a comment of the manifest",
      "manifest.yaml",
      "# The directive's steps",
      "# the directive's steps",
    ],
    ["the access matrix", "access.yaml", "SELECT", "DELETE"],
    ["the lock", "lock.json", "text", "TEXT"],
  ])("in %s is refused", async (_, file, from, to) => {
    const scene = await makeScene(theServer());
    await approve(scene);
    changeByte(inDirective(scene, file), from, to);
    await expectRefused(scene, "APPROVAL_WRONG_PLAN");
  });
});

describe("a database changed after signing", () => {
  it.each([
    [
      "file_audit got a column",
      "ALTER TABLE file_audit ADD COLUMN later text",
      "APPROVAL_WRONG_PLAN",
    ],
    [
      "file_audit lost a default",
      "ALTER TABLE file_audit ALTER COLUMN id DROP DEFAULT",
      "APPROVAL_WRONG_PLAN",
    ],
    [
      "file_audit got row security",
      "ALTER TABLE file_audit ENABLE ROW LEVEL SECURITY",
      "APPROVAL_WRONG_PLAN",
    ],
    ["file_audit got an index", "CREATE INDEX later ON file_audit (status)", "APPROVAL_WRONG_PLAN"],
    [
      "file_audit got a trigger",
      "CREATE FUNCTION evil() RETURNS trigger LANGUAGE plpgsql AS $$BEGIN RETURN NULL; END$$; CREATE TRIGGER evil BEFORE INSERT ON file_audit FOR EACH ROW EXECUTE FUNCTION evil()",
      "APPROVAL_WRONG_PLAN",
    ],
    [
      "file_audit got a rule",
      "CREATE RULE evil AS ON DELETE TO file_audit DO INSTEAD NOTHING",
      "APPROVAL_WRONG_PLAN",
    ],
    [
      "a table of the directive exists already",
      "CREATE TABLE v7_test_results (id int)",
      "PRECHECK_FAILED",
    ],
  ])("is refused when %s", async (_, sql, code) => {
    const scene = await makeScene(theServer());
    await approve(scene);
    const client = await scene.database.connect();
    await client.query(sql).finally(() => client.end());
    await expectRefused(scene, code);
  });

  it("is refused when a row of the history was changed", async () => {
    const scene = await appliedScene(theServer());
    const request = { ...scene.request, members: { v7_ci: ["robot"] } };
    await approve({ ...scene, request }, { name: "two" });
    const admin = await scene.database.connect();
    await admin.query("ALTER TABLE v7_control.history DISABLE TRIGGER history_is_append_only");
    await admin.query("UPDATE v7_control.history SET applied_by = 'nobody' WHERE position = 5");
    await expectRefusedIn(scene.database, "HISTORY_BROKEN", () => applyDirective(request));
    await admin.end();
  });
});

describe("files that are swapped between check and use", () => {
  it("do not change what runs: the checked bytes are in memory", async () => {
    const scene = await makeScene(theServer());
    await approve(scene);
    const file = inDirective(scene, "directive.sql");
    const authorize: typeof scene.request.authorize = async (prepared, client) => {
      const authorization = await scene.request.authorize(prepared, client);
      // The moment after the last check and before the first statement.
      writeFileSync(file, "CREATE TABLE v7_evil (id int);\n");
      writeFileSync(inDirective(scene, "amendments/lockdown.sql"), "DROP TABLE file_audit;\n");
      return authorization;
    };
    await applyDirective({ ...scene.request, authorize });
    const history = await withConnection(scene.request.connection, readHistory);
    const signed = new Map(scene.request.steps.map(({ id, sha256: digest }) => [id, digest]));
    expect(
      history.filter(({ stepId }) => stepId !== "access").map((row) => row.stepSha256),
    ).toEqual(
      history.filter(({ stepId }) => stepId !== "access").map(({ stepId }) => signed.get(stepId)),
    );
    const client = await scene.database.connect();
    const { rows } = await client.query(
      "SELECT to_regclass('v7_evil') AS evil, to_regclass('file_audit') AS host",
    );
    await client.end();
    expect(rows).toEqual([{ evil: null, host: "file_audit" }]);
  });

  it("do not hide a forged lock: the plan's digest covers the bytes that were read first", async () => {
    const folder = copySqlFolder();
    const lock = join(folder, "ad_005", "lock.json");
    const signed = await loadDirectives(folder, []);
    const [real, forged] = [`${lock}.signed`, `${lock}.forged`];
    renameSync(lock, real);
    writeFileSync(
      forged,
      readFileSync(real, "utf8").replaceAll("ACCESS EXCLUSIVE", "ACCESS SHARE"),
    );
    // A pipe gives each reader other bytes, as a file that is swapped in time would.
    execFileSync("mkfifo", [lock]);
    const script = 'cat "$1" > "$3"; sleep 0.5; cat "$2" > "$3"';
    const writer = spawn("sh", ["-c", script, "sh", forged, real, lock], { detached: true });
    try {
      const { manifestsSha256 } = await loadDirectives(folder, []);
      expect(manifestsSha256).not.toBe(signed.manifestsSha256);
    } finally {
      process.kill(-(writer.pid ?? 0));
      removeCopies();
    }
  });

  it("are refused when the approvals become symbolic links", async () => {
    const scene = await makeScene(theServer());
    await approve(scene);
    const folder = inDirective(scene, "approvals");
    renameSync(folder, `${folder}.real`);
    mkdirSync(folder);
    for (const file of ["one.json", "one.json.sig"]) {
      symlinkSync(join(`${folder}.real`, file), join(folder, file));
    }
    writeFileSync(
      join(folder, "allowed_signers"),
      readFileSync(join(`${folder}.real`, "allowed_signers")),
    );
    await expectRefused(scene, "APPROVAL_FILE_INVALID");
  });
});

it("a plan file has the same digest as the plan of the database", async () => {
  const scene = await makeScene(theServer());
  const { plan, digest } = await withConnection(scene.request.connection, (client) =>
    preparePlan(client, scene.request),
  );
  const file = join(makeFolder(), "plan.json");
  writeFileSync(file, canonicalJson(plan));
  expect(readPlanFile(file).digest).toBe(digest);
});
