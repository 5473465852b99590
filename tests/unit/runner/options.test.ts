import { KINDS } from "../../../runner/catalog/kinds";

// The options of these kinds have known names; an option with an unknown name is no difference (catalog/entry.ts).
it("options are a property of relations and columns only", () => {
  const withOptions = KINDS.filter(({ read }) => "options" in read.properties);
  expect(withOptions.map(({ kind }) => kind).sort()).toStrictEqual([
    "column",
    "foreign table",
    "index",
    "materialized view",
    "table",
    "view",
  ]);
});
