import { parse } from "yaml";
import { textOf } from "../../support/repository";

type Table = readonly (readonly string[])[];
type Privileges = Readonly<Record<string, string | readonly string[]>>;
interface Access {
  readonly roles: Readonly<Record<string, string>>;
  readonly schemas: Readonly<Record<string, Readonly<Record<string, readonly string[]>>>>;
  readonly tables: Readonly<Record<string, Readonly<Record<string, Privileges>>>>;
  readonly archives: Readonly<Record<string, readonly string[]>>;
}

const access = parse(textOf("sql/ad_005/access.yaml")) as Access;
const document = textOf("docs/access.md");
const roles = Object.keys(access.roles);

/** The tables of a Markdown text, cell by cell: the width of a column does not count. */
function tablesOf(markdown: string): Table[] {
  const tables: string[][][] = [[]];
  for (const line of markdown.split("\n")) {
    if (!line.startsWith("|")) {
      tables.push([]);
    } else if (!/^[|\s:-]+$/.test(line)) {
      const cells = line.split("|").slice(1, -1);
      tables.at(-1)?.push(cells.map((cell) => cell.trim()));
    }
  }
  return tables.filter((table) => table.length > 0);
}

/** `SELECT, UPDATE (work, approval)` */
function cellOf(privileges: Privileges = {}): string {
  return Object.entries(privileges)
    .map(([privilege, value]) =>
      value === "all" ? privilege : `${privilege} (${[value].flat().join(", ")})`,
    )
    .join(", ");
}

function matrixOf(): Table {
  const schemas = Object.entries(access.schemas).map(([name, grants]) => [
    `schema \`${name}\``,
    ...roles.map((role) => (grants[role] ?? []).join(", ")),
  ]);
  const tables = Object.entries(access.tables).map(([name, grants]) => [
    `\`${name}\``,
    ...roles.map((role) => cellOf(grants[role])),
  ]);
  const archives = ["`v7_archive.*`", ...roles.map((role) => (access.archives[role] ?? []).join())];
  return [["object", ...roles], ...schemas, ...tables, archives];
}

function groupsOf(): Table {
  const groups = Object.entries(access.tables).flatMap(([name, { columns = {} }]) =>
    Object.entries(columns).map(([group, names]) => [
      `\`${name}\``,
      group,
      [names].flat().join(", "),
    ]),
  );
  return [["object", "group", "columns"], ...groups];
}

describe("docs/access.md", () => {
  it("gives each role the purpose that access.yaml gives it", () => {
    const purposes = Object.entries(access.roles).map(([role, purpose]) => [
      `\`${role}\``,
      purpose,
    ]);
    expect(tablesOf(document)[0]).toEqual([["role", "what it is for"], ...purposes]);
  });

  it("shows the access matrix of access.yaml", () => {
    const [, between = ""] = /<!-- made from[^]*?-->([^]*)<!-- end -->/.exec(document) ?? [];
    expect(tablesOf(between)).toEqual([matrixOf(), groupsOf()]);
  });
});
