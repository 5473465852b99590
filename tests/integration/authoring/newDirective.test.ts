import { existsSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { parse } from "yaml";
import { checkLock } from "../../../runner/authoring/checkLock";
import { lockOf, tryDirective, type Trial } from "../../../runner/authoring/lockDirective";
import { lockText } from "../../../runner/authoring/lockText";
import { newDirective } from "../../../runner/authoring/newDirective";
import { writeProposals } from "../../../runner/authoring/proposals";
import { askSquawk } from "../../../runner/authoring/squawk";
import { tellStatements } from "../../../runner/authoring/tellStatements";
import { lockFile } from "../../../runner/directive/readLock";
import { faultOf } from "../../support/faults";
import { copySqlFolder, removeCopies } from "../../support/sqlFolder";

const BASELINES = [
  { major: 15, defaults: "closed" },
  { major: 18, defaults: "open" },
] as const;

const DIRECTIVE = `
CREATE TYPE v7_change_state AS ENUM ('proposed', 'done');
CREATE TABLE v7_changes (
    id BIGSERIAL PRIMARY KEY,
    file_id UUID NOT NULL REFERENCES file_audit(id),
    state v7_change_state NOT NULL DEFAULT 'proposed',
    noted_at TIMESTAMP DEFAULT now()
);
CREATE VIEW v7_open_changes AS
    SELECT c.id, f.file_path FROM v7_changes c JOIN file_audit f ON f.id = c.file_id WHERE c.state = 'proposed';
CREATE FUNCTION v7_note_change() RETURNS trigger LANGUAGE plpgsql
    AS $$ BEGIN NEW.noted_at := now(); RETURN NEW; END $$;
CREATE TRIGGER v7_changes_noted BEFORE UPDATE ON v7_changes FOR EACH ROW EXECUTE FUNCTION v7_note_change();
ALTER TABLE file_audit ADD COLUMN v7_last_change BIGINT;
COMMENT ON COLUMN file_audit.layer IS 'The layer, from 1 to 7';
`;

const LABEL = "ALTER TYPE task_status_enum ADD VALUE 'Late';\n";

const ACCESS = `roles: { v7_editor: Writes changes. }
schemas: { public: { v7_editor: [USAGE] } }
tables:
  public.v7_changes: { v7_reader: { SELECT: all }, v7_editor: { SELECT: all, INSERT: all } }
  public.v7_open_changes: { v7_reader: { SELECT: all } }
sequences:
  public.v7_changes_id_seq: { v7_editor: [USAGE] }
`;

const SECOND_STEP = `  - id: late
    kind: amendment
    title: A state for what comes late
    reason: The application has none
    file: amendments/late.sql
`;

describe("a new directive", () => {
  const sql = copySqlFolder();
  const folder = join(sql, "ad_006");
  const write = (file: string, edit: (text: string) => string): void => {
    const path = join(folder, file);
    writeFileSync(path, edit(existsSync(path) ? readFileSync(path, "utf8") : ""));
  };
  const tried = (): Promise<Trial> => tryDirective(sql, "ad_006", undefined, BASELINES);

  afterAll(removeCopies);

  it("is refused while it has no statement, with what to do next", async () => {
    newDirective(sql, "ad_006", "One ENUM: for every status");
    const { message } = await faultOf(tried);
    expect(message).toBe(
      'SQL_UNPARSABLE: parsing "sql/ad_006/directive.sql": found no statement yet, expected SQL. Paste the SQL into the file, below its comment, and run the command again; where there was SQL before, restore the file from version control.',
    );
  });

  it("is described in plain words once it has SQL, and gets a proposed inverse", async () => {
    write("directive.sql", (text) => text + DIRECTIVE);
    write("amendments/late.sql", () => LABEL);
    write("access.yaml", () => ACCESS);
    write("manifest.yaml", (text) => text + SECOND_STEP);
    const trial = await tried();
    expect(trial.found.slice(-1).flatMap(tellStatements)).toStrictEqual([
      "section_1: All of the directive",
      "  statement 1 of sql/ad_006/directive.sql, CREATE TYPE",
      "    added enum public.v7_change_state, with 2 labels",
      "  statement 2 of sql/ad_006/directive.sql, CREATE TABLE",
      "    added sequence public.v7_changes_id_seq",
      "    added table public.v7_changes, with 4 columns, 2 constraints, 1 index",
      "    locked public.file_audit SHARE ROW EXCLUSIVE",
      "  statement 3 of sql/ad_006/directive.sql, CREATE VIEW",
      "    added view public.v7_open_changes, with 2 columns",
      "  statement 4 of sql/ad_006/directive.sql, CREATE FUNCTION",
      "    added function public.v7_note_change()",
      "  statement 5 of sql/ad_006/directive.sql, CREATE TRIGGER",
      "    added trigger v7_changes_noted of table public.v7_changes",
      "  statement 6 of sql/ad_006/directive.sql, ALTER TABLE",
      "    added column v7_last_change of table public.file_audit",
      "    locked public.file_audit ACCESS EXCLUSIVE",
      "  statement 7 of sql/ad_006/directive.sql, COMMENT",
      "    changed column layer of table public.file_audit: comment from nothing to The layer, from 1 to 7",
      "    locked public.file_audit SHARE UPDATE EXCLUSIVE",
      "late: A state for what comes late",
      "  statement 1 of sql/ad_006/amendments/late.sql, ALTER TYPE",
      "    added label Late of enum public.task_status_enum",
    ]);
    writeProposals(folder, trial.missing, []);
    expect(readFileSync(join(folder, "rollback/section_1.proposed.sql"), "utf8")).toBe(
      `-- Rollback of section_1: takes away what it added. npx v7 directive lock has proposed it, and tried it.
COMMENT ON COLUMN "public"."file_audit"."layer" IS NULL;
ALTER TABLE "public"."file_audit" DROP COLUMN "v7_last_change";
DROP TRIGGER "v7_changes_noted" ON "public"."v7_changes";
DROP FUNCTION "public".v7_note_change();
DROP VIEW "public"."v7_open_changes";
DROP TABLE "public"."v7_changes";
DROP TYPE "public"."v7_change_state";
`,
    );
    const { message } = await faultOf(() => lockOf(trial));
    expect(message.split("\n")).toStrictEqual([
      "DIRECTIVE_REFUSED: looking for what takes the steps of ad_006 back: found no inverse of section_1, which touches enum public.v7_change_state; of late, which touches label Late of enum public.task_status_enum, expected an inverse, or in manifest.yaml `irreversible` with the reason. Do for each step what is said below, then lock again.",
      "  section_1: sql/ad_006/rollback/section_1.proposed.sql takes it back, tried on every server. Read it, then take it:",
      "    mv sql/ad_006/rollback/section_1.proposed.sql sql/ad_006/rollback/section_1.sql",
      "    and in manifest.yaml under section_1: inverse: { file: rollback/section_1.sql }",
      "  late: no inverse can be proposed",
      "    it adds label Late of enum public.task_status_enum, which nothing takes away again",
      "    Write rollback/late.sql, and in manifest.yaml under late: inverse: { file: rollback/late.sql }",
      "    or, where nothing brings it back: irreversible: the reason",
    ]);
  });

  it("is locked once the proposals are accepted, and the check finds that its lock matches the files", async () => {
    renameSync(
      join(folder, "rollback/section_1.proposed.sql"),
      join(folder, "rollback/section_1.sql"),
    );
    write("manifest.yaml", (text) =>
      text.replace(
        "    file: directive.sql\n",
        "    file: directive.sql\n    inverse: { file: rollback/section_1.sql }\n",
      ),
    );
    write("manifest.yaml", (text) => `${text}    irreversible: PostgreSQL takes no value away\n`);
    const lock = lockOf(await tried());
    expect(lock.steps.map(({ step, inverse }) => [step, inverse])).toMatchObject([
      ["section_1", { file: "rollback/section_1.sql", proof: "proved" }],
      ["late", { proof: "never", reason: "PostgreSQL takes no value away" }],
    ]);
    expect(lock.steps[0]?.statements.map(({ statement }) => statement)).toHaveLength(7);
    writeFileSync(lockFile(sql, "ad_006"), lockText(lock));
    expect(await checkLock(sql, "ad_006", undefined, BASELINES)).toStrictEqual([]);
  });

  it("gets squawk's findings as proposals, which replace the earlier proposals", async () => {
    const { manifest } = await tried();
    const squawk = askSquawk(sql, "ad_006", manifest.steps);
    expect(squawk).toHaveProperty("findings");
    const findings = "findings" in squawk ? squawk.findings : [];
    expect(findings).toContainEqual({
      title: "squawk: prefer-timestamp-tz",
      text: expect.stringMatching(/ At directive\.sql, line 9\.$/) as string,
    });
    writeFileSync(join(folder, "rollback", "old.proposed.sql"), "");
    writeProposals(folder, [], findings);
    expect(existsSync(join(folder, "rollback", "old.proposed.sql"))).toBe(false);
    expect(parse(readFileSync(join(folder, "findings.proposed.yaml"), "utf8"))).toStrictEqual({
      findings,
    });
  });
});
