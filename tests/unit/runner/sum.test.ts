import { isEmptyChange } from "../../../runner/catalog/change";
import type { DescribedCatalog } from "../../../runner/catalog/describe";
import { keyOf } from "../../../runner/catalog/kinds/objectId";
import { applyChange, sumChanges } from "../../../runner/catalog/sum";
import type { CatalogChange, CatalogObject, ObjectId } from "../../../runner/model";

const NOTHING: CatalogChange = { added: [], changed: [], renamed: [], removed: [] };
const TABLE: ObjectId = { kind: "table", schema: "public", name: "t" };
const OTHER: ObjectId = { ...TABLE, name: "u" };
const column = (name: string, of = TABLE): ObjectId => ({ kind: "column", name, of });

const object = (id: ObjectId, properties: CatalogObject["properties"] = {}): CatalogObject => ({
  id,
  properties,
});
const catalog = (...objects: readonly CatalogObject[]): DescribedCatalog =>
  new Map(objects.map((one) => [keyOf(one.id), one]));
const add = (...added: readonly CatalogObject[]): CatalogChange => ({ ...NOTHING, added });
const remove = (...removed: readonly CatalogObject[]): CatalogChange => ({ ...NOTHING, removed });
const change = (
  id: ObjectId,
  properties: CatalogChange["changed"][number]["properties"],
): CatalogChange => ({
  ...NOTHING,
  changed: [{ id, properties }],
});
const rename = (from: ObjectId, to: ObjectId): CatalogChange => ({
  ...NOTHING,
  renamed: [{ from, to }],
});

const replaced = (from: string, to: string): CatalogChange =>
  change(TABLE, { definition: { from, to } });
const granted = (entry: string): CatalogChange =>
  change(TABLE, { privileges: { from: [], to: [entry] } });

describe("a change is applied strictly", () => {
  it.each([
    ["what is added is there", add(object(TABLE)), "an object of that name"],
    ["what is removed is not there", remove(object(OTHER)), "no such object"],
    ["what is changed is not there", change(OTHER, {}), "no such object"],
    ["what is renamed is not there", rename(OTHER, TABLE), "no such object"],
    ["the new name is taken", rename(column("a"), column("b")), "an object of that name"],
    ["the old value is another", replaced("2", "3"), 'definition "1"'],
    ["an entry is there", granted("anon=SELECT"), "privileges"],
    [
      "an entry is not there",
      change(TABLE, { privileges: { from: ["x=SELECT"], to: [] } }),
      "privileges",
    ],
  ])("and refused, by name, where %s", (_what, wrong, found) => {
    const before = catalog(
      object(TABLE, { definition: "1", privileges: ["anon=SELECT"] }),
      object(column("a")),
      object(column("b")),
    );
    expect(() => applyChange(before, wrong)).toThrow(/^CHANGES_CONFLICT: /);
    expect(() => applyChange(before, wrong)).toThrow(found);
  });
});

describe("changes are summed", () => {
  it("so that what one adds and another removes is nothing", () => {
    const table = object(TABLE, { owner: "postgres" });
    expect(isEmptyChange(sumChanges([add(table), remove(table)]))).toBe(true);
    expect(isEmptyChange(sumChanges([add(table), NOTHING]))).toBe(false);
  });

  it("into the first value and the last", () => {
    expect(sumChanges([replaced("1", "2"), replaced("2", "3")])).toStrictEqual(replaced("1", "3"));
  });

  it("into what is added, whole", () => {
    const sum = sumChanges([add(object(TABLE)), granted("a=SELECT"), granted("b=SELECT")]);
    expect(sum).toStrictEqual(add(object(TABLE, { privileges: ["a=SELECT", "b=SELECT"] })));
  });

  it("in either order, where two add to one list", () => {
    expect(sumChanges([granted("a=SELECT"), granted("b=SELECT")])).toStrictEqual(
      sumChanges([granted("b=SELECT"), granted("a=SELECT")]),
    );
  });

  it("not, where two replace one value", () => {
    expect(() => sumChanges([replaced("1", "2"), replaced("1", "3")])).toThrow("CHANGES_CONFLICT");
  });

  it("under the last name, with what is on the renamed object", () => {
    const sum = sumChanges([
      change(column("a"), { type: { from: "integer", to: "bigint" } }),
      rename(TABLE, OTHER),
      remove(object(column("b", OTHER))),
    ]);
    expect(sum.renamed).toStrictEqual([{ from: TABLE, to: OTHER }]);
    expect(sum.changed.map(({ id }) => id)).toStrictEqual([column("a", OTHER)]);
    expect(sum.removed.map(({ id }) => id)).toStrictEqual([column("b")]);
    const before = catalog(
      object(TABLE),
      object(column("a"), { type: "integer" }),
      object(column("b")),
    );
    expect([...applyChange(before, sum).keys()]).toStrictEqual(
      [OTHER, column("a", OTHER)].map(keyOf),
    );
    expect(sumChanges([sum])).toStrictEqual(sum);
    expect(isEmptyChange(sumChanges([rename(TABLE, OTHER), rename(OTHER, TABLE)]))).toBe(true);
  });

  it("and a column that is put after another comes there", () => {
    const before = catalog(object(TABLE), object(column("a")), object(column("b")));
    const after = applyChange(before, add(object(column("c"), { after: "a" })));
    expect([...after.values()].map(({ id }) => id.name)).toStrictEqual(["t", "a", "c", "b"]);
  });
});
