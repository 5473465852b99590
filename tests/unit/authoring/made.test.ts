import { Made } from "../../../runner/authoring/made";
import type { CatalogObject } from "../../../runner/model";

const table = (schema: string, name: string): CatalogObject => ({
  id: { kind: "table", schema, name },
  properties: {},
});

describe("the tables that steps made", () => {
  it("are found by their names, even if these contain dots", () => {
    const made = new Made();
    const added = [table("public", "v7.notes"), table("v7.more", "notes")];
    made.add("section_1", [{ change: { added, changed: [], renamed: [], removed: [] } }]);
    expect(made.tableMadeBy("public.v7.notes")).toBe("section_1");
    expect(made.tableMadeBy("v7.more.notes")).toBe("section_1");
    expect(made.tableMadeBy("v7.notes")).toBeUndefined();
  });
});
