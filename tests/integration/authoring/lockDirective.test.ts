import { cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { stringify } from "yaml";
import { lockDirective } from "../../../runner/authoring/lockDirective";
import { lockText } from "../../../runner/authoring/lockText";
import type { Lock } from "../../../runner/directive/lock";
import { SQL_FOLDER } from "../../support/sqlFolder";

const folders: string[] = [];

afterAll(() => {
  for (const folder of folders) {
    rmSync(folder, { recursive: true, force: true });
  }
});

interface StepText {
  readonly id: string;
  readonly sql: string;
  readonly inverse?: string;
  readonly irreversible?: string;
  readonly required?: boolean;
}

const NO_ACCESS = "roles: {}\nschemas: {}\ntables: {}\n";

/** A folder `sql` with one directive, whose one section makes a table `base`, and these amendments. */
function sqlWith(amendments: readonly StepText[], access = NO_ACCESS): string {
  const sql = mkdtempSync(join(tmpdir(), "v7-lock-"));
  folders.push(sql);
  const folder = join(sql, "ad_006");
  mkdirSync(folder);
  cpSync(join(SQL_FOLDER, "dev_baseline"), join(sql, "dev_baseline"), { recursive: true });
  const write = (file: string, text: string): { file: string } => {
    writeFileSync(join(folder, file), text);
    return { file };
  };
  const section = { id: "section_1", kind: "section", statements: [1, 1], title: "t", reason: "r" };
  const made = write("directive.sql", "CREATE TABLE base (id int);");
  const steps = amendments.map(({ id, sql: text, inverse, ...rest }) => ({
    ...{ id, kind: "amendment", title: "t", reason: "r" },
    ...write(`${id}.sql`, text),
    ...(inverse === undefined ? {} : { inverse: write(`undo_${id}.sql`, inverse) }),
    ...rest,
  }));
  write("access.yaml", access);
  const inverse = write("undo.sql", "DROP TABLE base;");
  write(
    "manifest.yaml",
    stringify({
      directive: "ad_006",
      title: "A directive",
      steps: [{ ...section, ...made, inverse }, ...steps],
    }),
  );
  return sql;
}

const BASELINES = [{ major: 18, defaults: "open" }] as const;

const lock = (...amendments: readonly StepText[]): Promise<Lock> =>
  lockDirective(sqlWith(amendments), "ad_006", undefined, BASELINES);

describe("the lock of a directive", () => {
  it("records what a DO block creates and needs, with the same text each time", async () => {
    const step = {
      id: "block",
      sql: "DO $$ BEGIN EXECUTE 'CREATE TABLE made (id bigserial, f uuid REFERENCES file_audit)'; END $$;",
      inverse: "DROP TABLE made;",
    };
    const one = await lock(step);
    const [statement] = one.steps[1]?.statements ?? [];
    expect(one.steps[1]?.inverse).toMatchObject({
      file: "undo_block.sql",
      proof: "proved",
      statements: [{ statement: 1, offset: 0, length: 16, tag: "DROP TABLE" }],
    });
    expect(statement?.tag).toBe("DO");
    expect(statement?.added.map(({ id }) => `${id.kind} ${id.name}`)).toStrictEqual(
      expect.arrayContaining(["table made", "sequence made_id_seq", "column id", "column f"]),
    );
    expect(statement?.needs.map(({ kind, name }) => `${kind} ${name}`)).toStrictEqual(
      expect.arrayContaining(["column id", "index file_audit_pkey"]),
    );
    expect(lockText(await lock(step))).toBe(lockText(one));
  });

  it("records why a step has no inverse, and which steps' inverses undo it", async () => {
    const { steps } = await lock(
      {
        id: "label",
        sql: "ALTER TYPE task_status_enum ADD VALUE 'Late';",
        irreversible: "labels stay",
      },
      { id: "comment", sql: "COMMENT ON TABLE base IS 'ours';" },
    );
    expect(steps.map(({ inverse }) => inverse)).toMatchObject([
      { file: "undo.sql", proof: "proved" },
      { proof: "never", reason: "labels stay" },
      { proof: "with", steps: ["section_1"] },
    ]);
  });

  it("is refused when an inverse leaves a difference in the catalog or in rows", async () => {
    await expect(
      lock({
        id: "key",
        sql: "ALTER TABLE file_audit ADD COLUMN n int, ADD COLUMN m int;",
        inverse: "ALTER TABLE file_audit DROP COLUMN n;",
      }),
    ).rejects.toThrow(
      /^DIRECTIVE_REFUSED: running sql\/ad_006\/undo_key\.sql after key[^]*column m of/,
    );
    await expect(
      lock({ id: "rows", sql: "UPDATE file_audit SET layer = 9;", inverse: "SELECT 1;" }),
    ).rejects.toThrow(/^DIRECTIVE_REFUSED: [^]*other rows: "public"\."file_audit"/);
  });

  it("is refused when a step has no inverse and no reason for that", async () => {
    await expect(lock({ id: "drop", sql: "DROP TABLE jobs;" })).rejects.toThrow(
      /^DIRECTIVE_REFUSED: looking for what takes the steps of ad_006 back: found no inverse of drop, which touches [^]*it takes table public\.jobs away/,
    );
    await expect(lock({ id: "rows", sql: "DELETE FROM file_audit;" })).rejects.toThrow(
      "no inverse of rows, which touches rows of public.file_audit",
    );
  });

  it("is refused when access.yaml grants on an object of no directive or on a missing column", async () => {
    const access = `
roles: { v7_new: Is granted to. }
schemas: { public: { v7_new: [USAGE] }, auth: { v7_new: [USAGE] } }
tables:
  public.base: { columns: { some: [id, nothing] }, v7_new: { SELECT: some } }
  public.jobs: { v7_new: { SELECT: all } }
`;
    await expect(
      lockDirective(sqlWith([], access), "ad_006", undefined, BASELINES),
    ).rejects.toThrow(
      "DIRECTIVE_REFUSED: reading the grants of sql/ad_006/access.yaml: found schema auth, column nothing of public.base, public.jobs, expected ",
    );
  });

  it("is refused when the changes of optional amendments do not add up, with their names", async () => {
    const sql = "CREATE TABLE IF NOT EXISTS twice (id int);";
    const inverse = "DROP TABLE IF EXISTS twice;";
    await expect(
      lock(
        { id: "one", sql, inverse, required: false },
        { id: "other", sql, irreversible: "made by one", required: false },
      ),
    ).rejects.toThrow(
      /^DIRECTIVE_REFUSED: summing what ad_006 did on PostgreSQL 18 with default privileges, the required steps and other: /,
    );
  });

  it("is refused when a statement changes what no object kind describes", async () => {
    await expect(
      lock({ id: "large", sql: "SELECT lo_create(4711);", inverse: "SELECT lo_unlink(4711);" }),
    ).rejects.toThrow(
      /^DIRECTIVE_REFUSED: running statement 1 of sql\/ad_006\/large\.sql: found a change of the catalog/,
    );
  });

  it("is refused when a temporary object is left, or when a statement fails, with the server", async () => {
    const sql = "CREATE TEMP TABLE short ON COMMIT DROP AS SELECT 1;";
    await expect(lock({ id: "short", sql })).rejects.toThrow(
      /^DIRECTIVE_REFUSED: looking at what ad_006 leaves: found table pg_temp\.short, which ends/,
    );
    await expect(lock({ id: "role", sql: "CREATE EXTENSION vector;" })).rejects.toThrow(
      /^STATEMENT_FAILED: [^]*\n {2}on a throwaway PostgreSQL 18 with default privileges, as postgres, who is no superuser; /,
    );
  });

  it("records one command tag for a statement that a rule turns into two", async () => {
    const { steps } = await lock({
      id: "rule",
      sql: `CREATE TABLE noted (id int);
        CREATE RULE also AS ON INSERT TO base DO ALSO INSERT INTO noted VALUES (NEW.id);
        INSERT INTO base VALUES (1);`,
      inverse: "DROP RULE also ON base; DROP TABLE noted; DELETE FROM base;",
    });
    const [, rule] = steps;
    expect(rule?.statements.map(({ tag }) => tag)).toStrictEqual([
      "CREATE TABLE",
      "CREATE RULE",
      "INSERT",
    ]);
  });
});
