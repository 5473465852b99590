import { definedIndexes, definedObjects } from "../../../runner/catalog/definedObjects";
import { loadManifest, type Manifest } from "../../../runner/directive/manifest";
import type { CatalogObject, ObjectId, Step } from "../../../runner/model";
import { formatName, sameName } from "../../../runner/postgres/names";
import { NO_OBJECTS } from "../../support/noObjects";
import { SQL_FOLDER } from "../../support/sqlFolder";

/** A step whose one statement adds these, as far as `definedObjects` looks at it. */
function adding(...ids: readonly ObjectId[]): readonly Step[] {
  const added: readonly CatalogObject[] = ids.map((id) => ({ id, properties: {} }));
  const locked = { added, changed: [], renamed: [], removed: [] };
  return [{ statements: [{ locked }] } as unknown as Step];
}

const relation = (kind: string, name: string, schema = "public"): ObjectId => ({
  kind,
  schema,
  name,
});
const column = (name: string, of: ObjectId): ObjectId => ({ kind: "column", name, of });

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
    const { change, ...lists } = definedObjects(manifest.steps.filter(({ required }) => required));
    expect([change.changed, change.renamed, change.removed]).toEqual([[], [], []]);
    expect(lists).toEqual({
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
      sequences: [],
      functions: [named("refuse_change()", "v7_control")],
      types: [],
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
    expect(definedObjects([])).toEqual(NO_OBJECTS);
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

describe("what any lock defines", () => {
  it("has tables, views, sequences, routines and types by their schema and name", () => {
    const { tables, views, sequences, functions, types } = definedObjects(
      adding(
        relation("table", "t1", "a"),
        relation("foreign table", "Q.t"),
        relation("materialized view", "V", "w"),
        relation("function", "g()"),
        relation("procedure", '"a ""b"" (c)"(integer)'),
        relation("sequence", "n"),
        relation("domain", "d"),
        relation("range type", "r"),
      ),
    );
    expect({ tables, views, sequences, functions, types }).toEqual({
      tables: [named("t1", "a"), named("Q.t")],
      views: [named("V", "w")],
      sequences: [named("n")],
      functions: [named("g()"), named('"a ""b"" (c)"(integer)')],
      types: [named("d"), named("r")],
    });
  });

  it("has the columns that come to tables of others, not those of its own", () => {
    const own = relation("table", "t", "a");
    const other = relation("table", "t", "b");
    const steps = adding(own, column("x", own), column("y", other));
    expect(definedObjects(steps).columns).toEqual([{ table: named("t", "b"), column: "y" }]);
    expect(sameName(named("t", "a"), named("t", "b"))).toBe(false);
  });
});
