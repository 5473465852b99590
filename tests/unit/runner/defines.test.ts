import { definedIndexes, definedObjects } from "../../../runner/directive/definitions";
import { loadManifest, type Manifest } from "../../../runner/directive/manifest";
import type { Step } from "../../../runner/model";
import { formatName, sameName } from "../../../runner/postgres/names";
import { sliceStatements } from "../../../runner/sql/statements";
import { SQL_FOLDER } from "../../support/sqlFolder";

/** Steps with these statements, as far as `definedObjects` looks at them. */
async function stepsOf(sql: string): Promise<readonly Step[]> {
  const statements = await sliceStatements("f.sql", Buffer.from(sql, "utf8"));
  return [{ statements } as unknown as Step];
}

const named = (name: string, schema = "public"): { schema: string; name: string } => ({
  schema,
  name,
});

const ADDED_COLUMNS = [
  "v7_workflow_status",
  "v7_target_name",
  "v7_database_enums",
  "v7_enum_mappings",
  "v7_dependencies",
  "v7_dependents",
  "v7_impact_score",
  "v7_review_status",
  "v7_reviewed_by",
  "v7_implementation_status",
  "v7_test_status",
  "v7_retirement_date",
];

describe("what ad_005 defines", () => {
  let manifest: Manifest;
  beforeAll(async () => {
    manifest = await loadManifest(SQL_FOLDER, "ad_005");
  });

  it("is this, and nothing else", () => {
    expect(definedObjects(manifest.steps.filter(({ required }) => required))).toEqual({
      schemas: ["v7_control"],
      tables: [
        named("history", "v7_control"),
        named("v7_migration_workflow"),
        named("v7_enum_migrations"),
        named("v7_global_impacts"),
        named("v7_subworkflow_tasks"),
        named("v7_test_results"),
      ],
      views: [named("v7_migration_dashboard")],
      indexes: [{ ...named("idx_file_audit_v7_status"), table: named("file_audit") }],
      columns: ADDED_COLUMNS.map((column) => ({ table: named("file_audit"), column })),
      functions: [named("refuse_change", "v7_control")],
    });
  });

  it("has six indexes of section 7's own", () => {
    expect(
      definedIndexes(manifest.steps.filter(({ required }) => required)).map(formatName),
    ).toEqual([
      "public.idx_v7_workflow_status",
      "public.idx_file_audit_v7_status",
      "public.idx_enum_migrations_status",
      "public.idx_global_impacts_risk",
      "public.idx_subworkflow_status",
      "public.idx_test_results_status",
    ]);
  });

  it("is nothing without steps", () => {
    expect(definedObjects([])).toEqual({
      schemas: [],
      tables: [],
      views: [],
      indexes: [],
      columns: [],
      functions: [],
    });
  });

  it("counts a table as others' where its own step is not among them", () => {
    const index = manifest.steps.filter(({ id }) => id === "section_7");
    expect(definedObjects(index).indexes.map((one) => formatName(one.table))).toEqual([
      "public.v7_migration_workflow",
      "public.file_audit",
      "public.v7_enum_migrations",
      "public.v7_global_impacts",
      "public.v7_subworkflow_tasks",
      "public.v7_test_results",
    ]);
  });
});

describe("what any SQL defines", () => {
  it("has the schema that it names, public where it names none, and names as they are quoted", async () => {
    const steps = await stepsOf(
      'CREATE TABLE a.T1 (x int); CREATE TABLE "Q.t" (x int); CREATE VIEW w."V" AS SELECT 1; CREATE FUNCTION g() RETURNS int LANGUAGE sql AS $$ SELECT 1 $$;',
    );
    const { tables, views, functions } = definedObjects(steps);
    expect({ tables, views, functions }).toEqual({
      tables: [named("t1", "a"), named("Q.t")],
      views: [named("V", "w")],
      functions: [named("g")],
    });
  });

  it("has no column for what ALTER TABLE does beside adding one, nor on a table of its own", async () => {
    const steps = await stepsOf(
      "CREATE TABLE own (x int); ALTER TABLE own ADD COLUMN y int; " +
        "ALTER TABLE other ADD COLUMN z int, DROP COLUMN w, ALTER COLUMN v SET NOT NULL, ADD CHECK (z > 0);",
    );
    expect(definedObjects(steps).columns).toEqual([{ table: named("other"), column: "z" }]);
  });

  it("does not take a table of the same name in another schema for its own", async () => {
    const steps = await stepsOf("CREATE TABLE a.t (x int); ALTER TABLE b.t ADD COLUMN y int;");
    expect(definedObjects(steps).columns).toEqual([{ table: named("t", "b"), column: "y" }]);
    expect(sameName(named("t", "a"), named("t", "b"))).toBe(false);
  });
});
