import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { driftPlaces } from "../../../cli/drift/driftPlaces";
import { loadDirectives } from "../../../runner/directive/directive";
import type { ObjectId } from "../../../runner/model";
import { addDirective, copySqlFolder, removeCopies, SQL_FOLDER } from "../../support/sqlFolder";

afterAll(removeCopies);

const table = (name: string): ObjectId => ({ kind: "table", schema: "public", name });
const columnOf = (of: ObjectId, name: string): ObjectId => ({ kind: "column", name, of });
const INDEX: ObjectId = {
  kind: "index",
  name: "idx_test_results_status",
  of: table("v7_test_results"),
};

/** Gives the place of a finding as file:line, with a second directive after ad_005. */
async function twoDirectives(): Promise<(object: string, id?: ObjectId) => string> {
  const folder = copySqlFolder();
  const none = { properties: {} };
  await addDirective(
    folder,
    "ad_006",
    "-- the first\nCREATE TABLE extra (id integer);\n\nDROP INDEX idx_test_results_status;\n",
    [
      { added: [table("extra"), columnOf(table("extra"), "id")].map((id) => ({ id, ...none })) },
      { removed: [{ id: INDEX, ...none }] },
    ],
  );
  writeFileSync(
    join(folder, "ad_006", "access.yaml"),
    "roles:\n  extra_reader: reads\nschemas: {}\ntables:\n  public.extra:\n    extra_reader: { SELECT: all }\n",
  );
  const placeOf = driftPlaces({ ...(await loadDirectives(folder, [])), members: undefined });
  return (object, id) => {
    const { file, line } = placeOf({ object, ...(id === undefined ? {} : { id }) });
    return `${file}:${String(line)}`;
  };
}

describe("the place of a finding of drift", () => {
  let at: (object: string, id?: ObjectId) => string;
  beforeAll(async () => {
    at = await twoDirectives();
  });

  it("is the statement that made the object, in its directive's file", () => {
    expect(at("table public.extra", table("extra"))).toBe("sql/ad_006/directive.sql:2");
    expect(at("column", columnOf(table("extra"), "id"))).toBe("sql/ad_006/directive.sql:2");
    expect(at("table", table("v7_test_results"))).toMatch(/^sql\/ad_005\/directive\.sql:\d{2,}$/);
    const history = { kind: "table", schema: "v7_control", name: "history" };
    expect(at("table v7_control.history", history)).toMatch(/^sql\/ad_005\/amendments\/\w+\.sql:/);
  });

  it("is the statement that removed the object", () => {
    expect(at("index", INDEX)).toBe("sql/ad_006/directive.sql:4");
  });

  it("is the table's statement for an unknown column, and the last lock for an unknown object", () => {
    expect(at("column", columnOf(table("extra"), "more"))).toBe("sql/ad_006/directive.sql:2");
    expect(at("table", table("stranger"))).toBe("sql/ad_006/lock.json:1");
  });

  it("is the access.yaml that has the role or grants on the object, else the last one", () => {
    expect(at("role v7_agent")).toBe("sql/ad_005/access.yaml:1");
    expect(at("privileges table public.v7_test_results")).toBe("sql/ad_005/access.yaml:1");
    expect(at("role extra_reader")).toBe("sql/ad_006/access.yaml:1");
    expect(at("privileges table public.extra")).toBe("sql/ad_006/access.yaml:1");
    expect(at("default privileges of stranger on tables")).toBe("sql/ad_006/access.yaml:1");
  });

  it("is the last manifest for the history", () => {
    expect(at("history row 3")).toBe("sql/ad_006/manifest.yaml:1");
  });

  it("is a file that exists, for every object of ad_005", async () => {
    const directives = await loadDirectives(SQL_FOLDER, []);
    const placeOf = driftPlaces({ ...directives, members: undefined });
    const ids = directives.steps.flatMap(({ statements }) =>
      statements.flatMap(({ locked }) => locked?.added.map(({ id }) => id) ?? []),
    );
    const places = ids.map((id) => placeOf({ object: "x", id }));
    expect(places.length).toBeGreaterThan(50);
    expect(places.filter(({ file }) => !/^sql\/ad_005\/.*\.sql$/.test(file))).toEqual([]);
  });
});
