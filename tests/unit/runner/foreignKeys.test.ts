import { loadDirectives } from "../../../runner/directive/directive";
import { unmetForeignKeys } from "../../../runner/directive/foreignKeys";
import type { Step } from "../../../runner/model";
import { sliceStatements } from "../../../runner/sql/statements";
import { SQL_FOLDER } from "../../support/directive";

async function step(id: string, sql: string): Promise<Step> {
  const bytes = Buffer.from(sql);
  const statements = await sliceStatements(`${id}.sql`, bytes);
  return {
    directive: "ad_005",
    id,
    kind: "amendment",
    title: id,
    reason: id,
    required: true,
    file: `${id}.sql`,
    sha256: "",
    statements,
    bytes,
    source: sql,
  };
}

it("finds none in ad_005, and section 5's where the amendment is left out", async () => {
  const { steps } = await loadDirectives(SQL_FOLDER, []);
  expect(unmetForeignKeys(steps)).toStrictEqual([]);
  expect(unmetForeignKeys(steps.filter(({ id }) => id !== "phase_number_unique"))).toStrictEqual([
    { stepId: "section_5", target: "public.v7_migration_workflow(phase_number)" },
  ]);
});

it.each([
  ["a unique column", "CREATE TABLE p (a int UNIQUE)"],
  ["a primary key", "CREATE TABLE p (a int PRIMARY KEY)"],
  ["a table constraint", "CREATE TABLE p (a int, UNIQUE (a))"],
  ["a constraint that is added", "CREATE TABLE p (a int); ALTER TABLE p ADD UNIQUE (a)"],
])("is content with %s", async (_what, sql) => {
  const steps = [
    await step("one", sql),
    await step("two", "CREATE TABLE c (a int REFERENCES p (a))"),
  ];
  expect(unmetForeignKeys(steps)).toStrictEqual([]);
});

it.each([
  [
    "nothing unique",
    "CREATE TABLE p (a int, b int)",
    "CREATE TABLE c (a int REFERENCES p (a))",
    "public.p(a)",
  ],
  [
    "only a part unique",
    "CREATE TABLE p (a int UNIQUE, b int)",
    "CREATE TABLE c (a int, b int, FOREIGN KEY (a, b) REFERENCES p (a, b))",
    "public.p(a, b)",
  ],
  [
    "another schema's table unique",
    "CREATE TABLE p (a int); CREATE TABLE o.p (a int UNIQUE)",
    "CREATE TABLE c (a int REFERENCES p (a))",
    "public.p(a)",
  ],
])("finds a foreign key with %s", async (_what, first, second, target) => {
  const steps = [await step("one", first), await step("two", second)];
  expect(unmetForeignKeys(steps)).toStrictEqual([{ stepId: "two", target }]);
});

it("leaves tables alone that the steps do not create", async () => {
  expect(
    unmetForeignKeys([await step("one", "CREATE TABLE c (a int REFERENCES theirs (a))")]),
  ).toStrictEqual([]);
});
