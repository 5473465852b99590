import { proposeInverse } from "../../../runner/authoring/proposeInverse";
import type { CatalogChange, ObjectId, PropertyValue } from "../../../runner/model";

const NOTHING: CatalogChange = { added: [], changed: [], renamed: [], removed: [] };
const table = (name: string): ObjectId => ({ kind: "table", schema: "public", name });
const added = (...ids: readonly ObjectId[]): CatalogChange => ({
  ...NOTHING,
  added: ids.map((id) => ({ id, properties: {} })),
});
const changed = (
  id: ObjectId,
  property: string,
  from: PropertyValue,
  to: PropertyValue,
): CatalogChange => ({ ...NOTHING, changed: [{ id, properties: { [property]: { from, to } } }] });

describe("the proposed inverse", () => {
  it("undoes the last statement first, and drops a table without its columns of the same statement", () => {
    const [one, other] = [table("a"), table('b"c')];
    const column = { kind: "column", name: "id", of: one };
    const later = { kind: "column", name: "more", of: one };
    const changes = [added(one, column), added(other), added(later)];
    expect(proposeInverse(added(one, column, other, later), changes)).toStrictEqual({
      statements: [
        'ALTER TABLE "public"."a" DROP COLUMN "more"',
        'DROP TABLE "public"."b""c"',
        'DROP TABLE "public"."a"',
      ],
      hinders: [],
    });
  });

  it("clears a value that was empty before, and names a value that it cannot restore", () => {
    const comment = changed(table("a"), "comment", null, "x");
    expect(proposeInverse(comment, [comment]).statements).toStrictEqual([
      'COMMENT ON TABLE "public"."a" IS NULL',
    ]);
    const options = changed(table("a"), "options", [], ["fillfactor=80"]);
    expect(proposeInverse(options, [options]).statements).toStrictEqual([
      'ALTER TABLE "public"."a" RESET ("fillfactor")',
    ]);
    const owner = changed(table("a"), "owner", "one", "other");
    expect(proposeInverse(owner, [owner])).toStrictEqual({
      statements: [],
      hinders: ["it changes owner of table public.a"],
    });
  });

  it.each([
    ["v7_reader=SELECT", 'REVOKE SELECT ON TABLE "public"."a" FROM "v7_reader"'],
    ["PUBLIC=ALL*", 'REVOKE ALL ON TABLE "public"."a" FROM PUBLIC'],
    ['odd"=role=UPDATE', 'REVOKE UPDATE ON TABLE "public"."a" FROM "odd""=role"'],
    ["anon=SELECT by somebody", undefined],
    ["<owner>=NONE", undefined],
  ])("revokes the privilege %s only if it is known who granted it", (entry, statement) => {
    const change = changed(table("a"), "privileges", [], [entry]);
    const { statements, hinders } = proposeInverse(change, [change]);
    expect(statements).toStrictEqual(statement === undefined ? [] : [statement]);
    expect(hinders).toHaveLength(statement === undefined ? 1 : 0);
  });

  it("undoes a rename, and leaves out a change that follows from it", () => {
    const view = { kind: "view", schema: "public", name: "v" };
    const net: CatalogChange = {
      ...changed(view, "definition", "of a", "of b"),
      renamed: [{ from: table("a"), to: table("b") }],
    };
    expect(proposeInverse(net, [net])).toStrictEqual({
      statements: ['ALTER TABLE "public"."b" RENAME TO "a"'],
      hinders: [],
    });
  });

  it("is missing for a removed object, and says so", () => {
    const net = { ...NOTHING, removed: added(table("a")).added };
    expect(proposeInverse(net, [net]).hinders).toStrictEqual(["it takes table public.a away"]);
  });
});
