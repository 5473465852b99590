import { definedIndexes, definedObjects } from "../../../runner/catalog/definedObjects";
import { loadManifest, type Manifest } from "../../../runner/directive/manifest";
import type { CatalogObject, ObjectId, Step } from "../../../runner/model";
import { formatName, sameName } from "../../../runner/postgres/names";
import { NO_OBJECTS } from "../../support/noObjects";
import { SQL_FOLDER } from "../../support/sqlFolder";

/** A step whose one statement adds these, with only the fields that `definedObjects` reads. */
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

describe("the list of the objects that ad_005 defines", () => {
  let manifest: Manifest;
  beforeAll(async () => {
    manifest = await loadManifest(SQL_FOLDER, "ad_005");
  });

  it("has exactly these schemas, tables, views, columns and functions", () => {
    const required = manifest.steps.filter((step) => step.required);
    const { change, granted, ...lists } = definedObjects(required);
    expect(granted.map((one) => `${one.objectType} ${formatName(one)}`).sort()).toEqual([
      "function v7_control.refuse_change()",
      ...[...lists.tables, ...lists.views].map((one) => `table ${formatName(one)}`).sort(),
    ]);
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
      columns: ADDED_COLUMNS.map((column) => ({ table: named("file_audit"), column })),
    });
  });

  it("has the six indexes of section 7", () => {
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

  it("is empty without steps", () => {
    expect(definedObjects([])).toEqual(NO_OBJECTS);
  });
});

describe("the list of the objects that a lock defines", () => {
  it("has every object that can have grants; and apart, the tables, and the views and foreign tables", () => {
    const { tables, views, granted } = definedObjects(
      adding(
        relation("table", "t1", "a"),
        relation("foreign table", "Q.t"),
        relation("materialized view", "V", "w"),
        relation("procedure", '"a ""b"" (c)"(integer)'),
        relation("sequence", "n"),
        relation("range type", "r"),
      ),
    );
    expect([tables, views]).toEqual([[named("t1", "a")], [named("Q.t"), named("V", "w")]]);
    expect(granted).toEqual([
      { objectType: "table", ...named("t1", "a") },
      { objectType: "table", ...named("Q.t") },
      { objectType: "table", ...named("V", "w") },
      { objectType: "function", ...named('"a ""b"" (c)"(integer)') },
      { objectType: "sequence", ...named("n") },
      { objectType: "type", ...named("r") },
    ]);
  });

  it("has the columns that are added to other tables, not those of its own tables", () => {
    const own = relation("table", "t", "a");
    const other = relation("table", "t", "b");
    const steps = adding(own, column("x", own), column("y", other));
    expect(definedObjects(steps).columns).toEqual([{ table: named("t", "b"), column: "y" }]);
    expect(sameName(named("t", "a"), named("t", "b"))).toBe(false);
  });
});
