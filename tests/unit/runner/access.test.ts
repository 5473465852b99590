import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { loadAccess, loadMatrices, mergeAccess } from "../../../runner/directive/accessMatrix";
import { loadManifest } from "../../../runner/directive/manifest";
import type { AccessGrant, AccessMatrix } from "../../../runner/model";
import { parseStatement } from "../../../runner/sql/expression";
import { faultOf } from "../../support/faults";
import { SQL_FOLDER, copySqlFolder, removeCopies } from "../../support/sqlFolder";

afterEach(removeCopies);

const matrix: AccessMatrix = loadAccess(SQL_FOLDER, "ad_005");
const PATH = join(SQL_FOLDER, "ad_005", "access.yaml");

/** The matrix after this change of its file's text, which must change something. */
function matrixAfter(change: (text: string) => string): AccessMatrix {
  const before = readFileSync(PATH, "utf8");
  const after = change(before);
  expect(after).not.toBe(before);
  const folder = copySqlFolder();
  writeFileSync(join(folder, "ad_005", "access.yaml"), after);
  return loadAccess(folder, "ad_005");
}

/** The roles that have the privilege on that column, by a grant on it or on its table, sorted. */
function rolesThatMay(privilege: string, object: string, column: string): string[] {
  const grants = matrix.grants.filter(
    (grant) =>
      grant.object === object &&
      grant.privileges.includes(privilege) &&
      (grant.columns?.includes(column) ?? true),
  );
  return [...new Set(grants.map(({ role }) => role))].sort();
}

interface ColumnNodes {
  CreateStmt?: { relation: { relname: string }; tableElts: { ColumnDef?: { colname: string } }[] };
  AlterTableStmt?: {
    relation: { relname: string };
    cmds: { AlterTableCmd: { def?: { ColumnDef?: { colname: string } } } }[];
  };
}

/** The columns that directive.sql defines, by table, as the parser reads them. */
async function directiveColumns(): Promise<Record<string, string[]>> {
  const { steps } = await loadManifest(SQL_FOLDER, "ad_005");
  const columns: Record<string, string[]> = {};
  for (const { bytes } of steps
    .filter(({ kind }) => kind === "section")
    .flatMap(({ statements }) => statements)) {
    const node: ColumnNodes | undefined = await parseStatement(bytes.toString("utf8"));
    const { CreateStmt: create, AlterTableStmt: alter } = node ?? {};
    const definitions = [
      ...(create?.tableElts ?? []),
      ...(alter?.cmds ?? []).map((command) => command.AlterTableCmd.def ?? {}),
    ];
    const table = create?.relation.relname ?? alter?.relation.relname;
    if (table !== undefined) {
      columns[table] = definitions.flatMap(({ ColumnDef: column }) =>
        column === undefined ? [] : [column.colname],
      );
    }
  }
  return columns;
}

const APPROVAL_COLUMNS = [
  ["v7_migration_workflow", "approval_status"],
  ["v7_migration_workflow", "approved_by"],
  ["v7_migration_workflow", "approval_notes"],
  ["v7_enum_migrations", "approved_by"],
  ["v7_global_impacts", "approval_status"],
] as const;

describe("the access matrix of ad_005", () => {
  it.each(APPROVAL_COLUMNS)("lets only v7_architect write %s.%s", (table, column) => {
    expect(rolesThatMay("INSERT", table, column)).toEqual(["v7_architect"]);
    expect(rolesThatMay("UPDATE", table, column)).toEqual(["v7_architect"]);
  });

  it("is tested with every column of the directive that has approv in its name", async () => {
    const columns = Object.entries(await directiveColumns()).flatMap(([table, names]) =>
      names.filter((name) => /approv/.test(name)).map((name) => [table, name]),
    );
    expect(columns).toEqual(APPROVAL_COLUMNS.map((pair) => [...pair]));
  });

  it("grants only USAGE, SELECT, INSERT and UPDATE, so that nobody may delete or truncate", () => {
    const privileges = new Set(matrix.grants.flatMap((grant) => grant.privileges));
    expect([...privileges].sort()).toEqual(["INSERT", "SELECT", "UPDATE", "USAGE"]);
  });

  it("grants only to our five roles", () => {
    const roles = ["v7_reader", "v7_agent", "v7_architect", "v7_auditor", "v7_ci"];
    expect(Object.keys(matrix.roles)).toEqual(roles);
    expect(new Set(matrix.grants.map(({ role }) => role))).toEqual(new Set(roles));
  });

  it("lets only v7_agent and v7_architect write", () => {
    const writers = matrix.grants
      .filter(({ privileges }) => privileges.some((one) => ["INSERT", "UPDATE"].includes(one)))
      .map(({ role }) => role);
    expect(new Set(writers)).toEqual(new Set(["v7_agent", "v7_architect"]));
  });

  it("lets only v7_auditor and v7_ci read the history, and nobody write it", () => {
    expect(
      matrix.grants
        .filter(({ schema }) => schema === "v7_control")
        .map(({ role, object = null, privileges }) => [role, object, privileges]),
    ).toEqual([
      ["v7_auditor", null, ["USAGE"]],
      ["v7_ci", null, ["USAGE"]],
      ["v7_auditor", "history", ["SELECT"]],
      ["v7_ci", "history", ["SELECT"]],
    ]);
  });

  it("gives v7_architect every privilege of v7_agent", () => {
    const reach = (role: string): string[] =>
      matrix.grants
        .filter((grant) => grant.role === role)
        .flatMap(({ schema, object = "", columns = ["*"], privileges }) =>
          columns.flatMap((column) =>
            privileges.map((privilege) => `${privilege} ${schema}.${object}.${column}`),
          ),
        );
    const architect = new Set(reach("v7_architect"));
    expect(reach("v7_agent").filter((one) => !architect.has(one))).toEqual([]);
  });

  it.each(["v7_migration_workflow", "v7_enum_migrations", "v7_global_impacts"])(
    "lets v7_architect write every column of %s except those that the server fills",
    async (table) => {
      const all = (await directiveColumns())[table] ?? [];
      const expected = all.filter((name) => !["id", "created_at"].includes(name)).sort();
      for (const privilege of ["INSERT", "UPDATE"]) {
        const grant = matrix.grants.find(
          ({ role, object, privileges }) =>
            role === "v7_architect" && object === table && privileges[0] === privilege,
        );
        expect([...(grant?.columns ?? [])].sort()).toEqual(expected);
      }
    },
  );

  it("lets roles write only the twelve columns of file_audit that the directive adds", async () => {
    const added = (await directiveColumns())["file_audit"];
    expect(added).toHaveLength(12);
    const written = matrix.grants.filter(
      ({ object, privileges }) => object === "file_audit" && !privileges.includes("SELECT"),
    );
    expect(written).toEqual(
      ["v7_agent", "v7_architect"].map((role): AccessGrant => ({
        role,
        objectType: "column",
        schema: "public",
        object: "file_audit",
        columns: added ?? [],
        privileges: ["UPDATE"],
      })),
    );
  });

  it("covers every table and view of the directive, file_audit and the history", () => {
    const objects = matrix.grants.flatMap(({ schema, object }) =>
      object === undefined ? [] : [`${schema}.${object}`],
    );
    expect([...new Set(objects)].sort()).toEqual([
      "public.file_audit",
      "public.v7_enum_migrations",
      "public.v7_global_impacts",
      "public.v7_migration_dashboard",
      "public.v7_migration_workflow",
      "public.v7_subworkflow_tasks",
      "public.v7_test_results",
      "v7_control.history",
    ]);
  });
});

describe("the digest of the access matrix", () => {
  it.each<[string, (text: string) => string]>([
    ["an additional privilege", (text) => text.replace("v7_ci: [USAGE]", "v7_ci: [USAGE, CREATE]")],
    [
      "an additional column",
      (text) => text.replace("[v7_workflow_status,", "[id, v7_workflow_status,"),
    ],
    ["a missing column", (text) => text.replace("v7_test_status, ", "")],
    ["a missing grant", (text) => text.replace("    v7_ci: { SELECT: all }\n", "")],
    [
      "an additional role",
      (text) => text.replace("  v7_ci: Reads", "  v7_more: Reads.\n  v7_ci: Reads"),
    ],
    ["a whole table in place of a group", (text) => text.replace("UPDATE: v7", "UPDATE: all")],
    ["another object", (text) => text.replace("v7_control.history:", "v7_control.story:")],
  ])("changes with %s", (_what, change) => {
    expect(matrixAfter(change).sha256).not.toBe(matrix.sha256);
  });

  it.each<[string, (text: string) => string]>([
    ["an additional comment", (text) => `# Another word.\n${text}`],
    ["other white space", (text) => text.replaceAll("{ SELECT: all }", "{SELECT:   all}")],
    [
      "another order of privileges on a table",
      (text) => text.replaceAll("SELECT: all, INSERT: all", "INSERT: all, SELECT: all"),
    ],
    [
      "another purpose of a role",
      (text) => text.replace("Reads the tracking tables and the dashboard.", "Reads."),
    ],
  ])("does not change with %s", (_what, change) => {
    expect(matrixAfter(change).sha256).toBe(matrix.sha256);
  });
});

describe("the access matrix of a later directive", () => {
  const both = (text: string): readonly AccessMatrix[] => {
    const folder = copySqlFolder();
    mkdirSync(join(folder, "ad_006"));
    writeFileSync(join(folder, "ad_006", "access.yaml"), text);
    return loadMatrices(folder, ["ad_005", "ad_006"], []);
  };
  const HEAD = 'MANIFEST_INVALID: reading "sql/ad_006/access.yaml": found ';

  it("adds its roles, and its grants to new and earlier roles", () => {
    const matrices = both(
      "roles: { v7_new: Is new. }\nschemas: {}\ntables: { public.x: { v7_reader: { SELECT: all }, v7_new: { INSERT: all } } }\n",
    );
    const { roles, grants } = mergeAccess(matrices);
    expect(Object.keys(roles)).toEqual([...Object.keys(matrix.roles), "v7_new"]);
    expect(grants.slice(matrix.grants.length).map(({ role }) => role)).toEqual([
      "v7_reader",
      "v7_new",
    ]);
  });

  it("may be missing", () => {
    const matrices = loadMatrices(SQL_FOLDER, ["ad_005", "ad_006"], []);
    expect(mergeAccess(matrices).sha256).toBe(matrix.sha256);
  });

  it.each([
    [
      "names a role of an earlier directive",
      "roles: { v7_reader: Reads more. }\nschemas: {}\ntables: {}\n",
      '1:10: the role "v7_reader", which sql/ad_005/access.yaml names already: grant to it, and leave it out here. ',
    ],
    [
      "grants to a role that nobody names",
      "roles: {}\nschemas: { public: { v7_bot: [USAGE] } }\ntables: {}\n",
      '2:22: the role "v7_bot", which `roles` does not name',
    ],
  ])("is refused if it %s", async (_what, text, found) => {
    expect((await faultOf(() => both(text))).message).toContain(HEAD + found);
  });
});

describe("an access matrix", () => {
  it.each<[string, (text: string) => string, string]>([
    [
      "a role that it does not define",
      (text) => text.replace("    v7_ci: { SELECT", "    v7_bot: { SELECT"),
      'the role "v7_bot", which `roles` does not name',
    ],
    [
      "a group that it does not define",
      (text) => text.replace("UPDATE: v7 }", "UPDATE: v8 }"),
      'the group "v8" of "public.file_audit", which `columns` does not name',
    ],
    [
      "a table without its schema",
      (text) => text.replace("  public.file_audit:", "  file_audit:"),
      'the table "file_audit", which is not schema.table',
    ],
  ])("is refused if it names %s", async (_what, change, found) => {
    const { message } = await faultOf(() => matrixAfter(change));
    expect(message.replace(/found \d+:\d+: /, "found ")).toBe(
      `MANIFEST_INVALID: reading "sql/ad_005/access.yaml": found ${found}. ` +
        "Correct the matrix; docs/sql.md says what it holds.",
    );
  });

  it.each([
    [
      "a privilege that is SQL",
      "v7_ci: [USAGE]\n  v7_control:",
      "v7_ci: ['SELECT ON TABLE x TO y; DROP TABLE z']\n  v7_control:",
      '21:13: the privilege "SELECT ON TABLE x TO y; DROP TABLE z" on a schema, expected CREATE, USAGE',
    ],
    [
      "a privilege in small letters",
      "v7_reader: { SELECT: all }",
      "v7_reader: { select: all }",
      '"select" on a table, expected SELECT, INSERT',
    ],
    [
      "one that no column can have",
      "UPDATE: work }",
      "DELETE: work }",
      'the privilege "DELETE" on a column, expected SELECT, INSERT, UPDATE, REFERENCES',
    ],
    ["an unknown key", "archives:", "archive:", ': the top: unknown key "archive"'],
    [
      "PUBLIC as a role",
      "  v7_reader: Reads",
      "  public: Everybody\n  v7_reader: Reads",
      'the role "public", which cannot be a group role of ours',
    ],
    [
      "a role of PostgreSQL's own",
      "  v7_reader: Reads",
      "  pg_monitor: All\n  v7_reader: Reads",
      'the role "pg_monitor"',
    ],
    [
      "a grant to PUBLIC",
      "v7_ci: [USAGE]",
      "PUBLIC: [USAGE]",
      'the role "PUBLIC", which `roles` does not name',
    ],
    [
      "a table of three parts",
      "  public.file_audit:",
      "  a.public.file_audit:",
      'the table "a.public.file_audit", which is not schema.table',
    ],
    [
      "a group named all",
      "      approval: [",
      "      all: [",
      'the group "all", which is the whole table',
    ],
    [
      "a zero byte in a name",
      "  public.file_audit:",
      '  "public.file_audit\\0":',
      "the hidden character [U+0000]",
    ],
    [
      "privileges that are a text",
      "v7_ci: [USAGE]",
      "v7_ci: USAGE",
      'the privileges of "v7_ci", expected a list of names',
    ],
    [
      "a list of lists",
      "v7_ci: [USAGE]",
      "v7_ci: [[USAGE]]",
      'the privileges of "v7_ci", expected a list of names',
    ],
    [
      "no mapping of schemas",
      "schemas:\n  public:",
      "schemas:\nschema:\n  public:",
      "`schemas`, which is not a mapping",
    ],
    [
      "a purpose that is a number",
      "v7_ci: Reads what drift detection compares, and nothing else.",
      "v7_ci: 7",
      "without a text",
    ],
    [
      "a name that is too long",
      "  public.file_audit:",
      `  public.${"x".repeat(64)}:`,
      "a name of at most 63 bytes",
    ],
    ["an anchor", "v7_ci: [USAGE]", "v7_ci: &u [USAGE]", "the anchor &u"],
  ])("is refused if it has %s", async (_what, from, to, found) => {
    const { code, message } = await faultOf(() => matrixAfter((text) => text.replace(from, to)));
    expect(code).toBe("MANIFEST_INVALID");
    expect(message).toMatch(/found \d+:\d+: /);
    expect(message).toContain(found);
  });

  it.each<[string, () => string]>([
    ["is empty", () => ""],
    ["is not YAML", () => "roles: ["],
    ["has no tables", (): string => "roles: {}\nschemas: {}\n"],
  ])("is refused if it %s", async (_what, change) => {
    const { code } = await faultOf(() => matrixAfter(change));
    expect(code).toBe("MANIFEST_INVALID");
  });

  it("is refused if it is missing", async () => {
    const { message } = await faultOf(() => loadAccess(SQL_FOLDER, "nonesuch"));
    expect(message).toMatch(
      /^MANIFEST_INVALID: reading "sql\/nonesuch\/access\.yaml": found no such file\. Put the file there; /,
    );
  });

  it("names the readers of the archives, and its digest changes with them", () => {
    expect(matrix.archiveReaders).toEqual(["v7_auditor"]);
    const other = matrixAfter((text) =>
      text.replace("archives:\n", "archives:\n  v7_ci: [SELECT]\n"),
    );
    expect(other.archiveReaders).toEqual(["v7_auditor", "v7_ci"]);
    expect(other.sha256).not.toBe(matrix.sha256);
  });

  it.each([
    ["v7_auditor: [SELECT, DELETE]", 'the privilege "DELETE" on an archive, expected SELECT'],
    ["nobody: [SELECT]", 'the role "nobody", which `roles` does not name'],
  ])("is refused with the archives %s", async (line, found) => {
    const { code, message } = await faultOf(() =>
      matrixAfter((text) => text.replace(/(archives:\n).*/, `$1  ${line}`)),
    );
    expect(code).toBe("MANIFEST_INVALID");
    expect(message).toContain(`: ${found}`);
  });
});
