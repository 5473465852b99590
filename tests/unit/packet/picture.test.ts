import { loadDirectives } from "../../../runner/directive/directive";
import type { Step } from "../../../runner/model";
import { pictureOf } from "../../../runner/packet/picture/picture";
import { readTrees } from "../../../runner/packet/trees";
import { narrowLayout, wideLayout, type Box } from "../../../runner/pages/picture/layout";
import type { Picture } from "../../../runner/pages/picture/picture";
import { sliceStatements } from "../../../runner/sql/statements";
import { SQL_FOLDER } from "../../support/sqlFolder";

async function pictureOfSql(sql: string): Promise<Picture> {
  const statements = await sliceStatements("test.sql", Buffer.from(sql));
  const steps = [{ statements } as unknown as Step];
  return pictureOf(steps, await readTrees(steps));
}

const columnsOf = ({ tables }: Picture, name: string): string[] =>
  tables
    .filter((table) => table.name === name)
    .flatMap(({ columns }) =>
      columns.map((one) => [one.name, one.type, ...one.marks].join(" ").trim()),
    );

describe("the picture of a plan", () => {
  it("has every table and view of the directive, and their relations", async () => {
    const { steps } = await loadDirectives(SQL_FOLDER, []);
    const sections = steps.filter(({ kind }) => kind === "section");
    const { tables, relations } = pictureOf(sections, await readTrees(sections));
    expect(tables.map(({ name, kind, columns }) => [name, kind, columns.length])).toEqual([
      ["public.v7_migration_workflow", "table", 14],
      ["public.file_audit", "altered", 12],
      ["public.v7_enum_migrations", "table", 17],
      ["public.v7_global_impacts", "table", 13],
      ["public.v7_subworkflow_tasks", "table", 15],
      ["public.v7_test_results", "table", 12],
      ["public.v7_migration_dashboard", "view", 9],
    ]);
    expect(relations).toEqual([
      {
        kind: "foreign key",
        from: "public.v7_subworkflow_tasks",
        fromColumn: "parent_phase",
        to: "public.v7_migration_workflow",
        toColumn: "phase_number",
      },
      ...[
        "public.v7_migration_workflow",
        "public.v7_subworkflow_tasks",
        "public.file_audit",
        "public.v7_enum_migrations",
        "public.v7_global_impacts",
      ].map((to) => ({ kind: "reads", from: "public.v7_migration_dashboard", to })),
    ]);
  });

  it("names types as in the SQL, and marks keys and indexes", async () => {
    const picture = await pictureOfSql(`
      CREATE TABLE a (id bigint PRIMARY KEY, name varchar(10)[] UNIQUE, amount numeric(10,2), at timestamptz,
        kind other.kind, span interval day, flag boolean, price double precision, code char(3), PRIMARY KEY (id));
      CREATE INDEX ON a (at, lower(code), flag);
      ALTER TABLE a ADD CONSTRAINT k UNIQUE (code);`);
    expect(columnsOf(picture, "public.a")).toEqual([
      "id bigint PK",
      "name varchar(10)[] UQ",
      "amount numeric(10,2)",
      "at timestamptz IX",
      "kind other.kind",
      "span interval",
      "flag boolean IX",
      "price double precision",
      "code char(3) UQ",
    ]);
  });

  it("shows tables that are only referenced, and leaves out the names of WITH", async () => {
    const picture = await pictureOfSql(`
      CREATE TABLE a (b integer REFERENCES other.b (id));
      CREATE VIEW v AS WITH w AS (SELECT * FROM c) SELECT w.x, 1, y AS z, t.* FROM w, LATERAL (SELECT * FROM d) t;`);
    expect(picture.tables.map(({ name, kind }) => `${kind} ${name}`)).toEqual([
      "table public.a",
      "view public.v",
      "other other.b",
      "other public.d",
      "other public.c",
    ]);
    expect(columnsOf(picture, "public.v")).toEqual(["x", "?column?", "z", "*"]);
    expect(columnsOf(picture, "other.b")).toEqual(["id"]);
  });
});

describe("the layout of the", () => {
  const overlap = (a: Box, b: Box): boolean =>
    a.x < b.x + b.width && b.x < a.x + a.width && a.y < b.y + b.height && b.y < a.y + a.height;

  it.each([
    ["wide", wideLayout],
    ["narrow", narrowLayout],
  ])(
    "%s picture keeps boxes apart and inside, with a line for each relation",
    async (_, layoutOf) => {
      const { steps } = await loadDirectives(SQL_FOLDER, []);
      const picture = pictureOf(steps, await readTrees(steps));
      const { boxes, lines, width, height } = layoutOf(picture);
      expect(boxes.map(({ table }) => table.name).sort()).toEqual(
        picture.tables.map(({ name }) => name).sort(),
      );
      expect(lines.map(({ relation }) => relation)).toEqual(picture.relations);
      const clashes = boxes.filter((box, index) =>
        boxes.slice(index + 1).some((other) => overlap(box, other)),
      );
      expect(clashes).toEqual([]);
      const outside = boxes.filter(
        (box) => box.x < 0 || box.y < 0 || box.x + box.width > width || box.y + box.height > height,
      );
      expect(outside).toEqual([]);
    },
  );

  it("narrow picture fits a phone at its full size", async () => {
    const { steps } = await loadDirectives(SQL_FOLDER, []);
    expect(narrowLayout(pictureOf(steps, await readTrees(steps))).width).toBeLessThan(360);
  });
});
