import { isEmptyChange } from "../../../runner/catalog/change";
import type { DescribedCatalog } from "../../../runner/catalog/describe";
import { keyOf } from "../../../runner/catalog/kinds/objectId";
import { applyChange, catalogBefore, sumChanges } from "../../../runner/catalog/sum";
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

describe("a change", () => {
  it.each([
    ["it adds an object that is there", add(object(TABLE)), "an object of that name"],
    ["it removes a missing object", remove(object(OTHER)), "no such object"],
    ["it changes a missing object", change(OTHER, {}), "no such object"],
    ["it renames a missing object", rename(OTHER, TABLE), "no such object"],
    ["its new name is taken", rename(column("a"), column("b")), "an object of that name"],
    ["its old value differs", replaced("2", "3"), 'definition "1"'],
    ["it adds a list entry that is there", granted("anon=SELECT"), "privileges"],
    [
      "it removes a missing list entry",
      change(TABLE, { privileges: { from: ["x=SELECT"], to: [] } }),
      "privileges",
    ],
  ])("is refused if %s", (_what, wrong, found) => {
    const before = catalog(
      object(TABLE, { definition: "1", privileges: ["anon=SELECT"] }),
      object(column("a")),
      object(column("b")),
    );
    expect(() => applyChange(before, wrong)).toThrow(/^CHANGES_CONFLICT: /);
    expect(() => applyChange(before, wrong)).toThrow(found);
  });
});

describe("the sum of changes", () => {
  it("is empty if one removes what another adds", () => {
    const table = object(TABLE, { owner: "postgres" });
    expect(isEmptyChange(sumChanges([add(table), remove(table)]))).toBe(true);
    expect(isEmptyChange(sumChanges([add(table), NOTHING]))).toBe(false);
  });

  it("has the first and the last value of a property", () => {
    expect(sumChanges([replaced("1", "2"), replaced("2", "3")])).toStrictEqual(replaced("1", "3"));
  });

  it("has an added object with its later changes", () => {
    const sum = sumChanges([add(object(TABLE)), granted("a=SELECT"), granted("b=SELECT")]);
    expect(sum).toStrictEqual(add(object(TABLE, { privileges: ["a=SELECT", "b=SELECT"] })));
  });

  it("does not depend on the order in which two add to one list", () => {
    expect(sumChanges([granted("a=SELECT"), granted("b=SELECT")])).toStrictEqual(
      sumChanges([granted("b=SELECT"), granted("a=SELECT")]),
    );
  });

  it("is refused if two replace one value", () => {
    expect(() => sumChanges([replaced("1", "2"), replaced("1", "3")])).toThrow("CHANGES_CONFLICT");
  });

  it("has a renamed object and its parts under the last name", () => {
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

  it("puts a column after the one that it names", () => {
    const before = catalog(object(TABLE), object(column("a")), object(column("b")));
    const after = applyChange(before, add(object(column("c"), { after: "a" })));
    expect([...after.values()].map(({ id }) => id.name)).toStrictEqual(["t", "a", "c", "b"]);
  });
});

describe("the catalog before changes", () => {
  const there = (id: ObjectId, properties: CatalogObject["properties"] = {}) => ({
    ...object(id, properties),
    address: keyOf(id),
  });
  const before = (after: DescribedCatalog, ...changes: readonly CatalogChange[]) =>
    [...catalogBefore(after, changes).values()].map(({ id, properties }) => object(id, properties));

  it("has removed parts in their places, former names and values, and nothing that was added", () => {
    const columns = ["a", "d"].map((name) => there(column(name, OTHER)));
    const after = catalog(
      there(OTHER, { definition: "2" }),
      ...columns,
      there(column("new", OTHER)),
    );
    const steps = [
      replaced("1", "2"),
      remove(object(column("b"), { after: "a" }), object(column("c"), { after: "b" })),
      rename(TABLE, OTHER),
      add(object(column("new", OTHER), { after: "d" })),
    ];
    expect(before(after, ...steps)).toStrictEqual([
      object(TABLE, { definition: "1" }),
      object(column("a")),
      object(column("b"), { after: "a" }),
      object(column("c"), { after: "b" }),
      object(column("d")),
    ]);
  });

  it("has the object that a change replaced by another of its name", () => {
    const after = catalog(there(TABLE, { definition: "2" }));
    const former = object(TABLE, { definition: "1" });
    expect(before(after, remove(former), add(object(TABLE, { definition: "2" })))).toStrictEqual([
      former,
    ]);
  });

  it("has nothing of objects that are changed and renamed, and are not there", () => {
    expect(
      before(catalog(there(TABLE)), rename(column("a", OTHER), column("b", OTHER))),
    ).toStrictEqual([object(TABLE)]);
    expect(before(catalog(), replaced("1", "2"))).toStrictEqual([]);
  });
});
