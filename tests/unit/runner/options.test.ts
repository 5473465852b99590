import { KINDS } from "../../../runner/catalog/kinds";

// The names of these are known, and a name that is not is no difference (catalog/entry.ts).
it("options are those of relations and of columns; what a server, a wrapper or a role is told is compared whole", () => {
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
