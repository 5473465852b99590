import {
  inCopyOrder,
  referringTables,
  type LiveForeignKey,
} from "../../../runner/catalog/copyOrder";
import { faultOf } from "../../support/faults";

const table = (name: string): { schema: string; name: string } => ({ schema: "s", name });
const key = (from: string, to: string, isDeferrable = false): LiveForeignKey => ({
  name: `${from}_${to}`,
  from: `s.${from}`,
  fromTable: table(from),
  to: `s.${to}`,
  isDeferrable,
});
const order = (names: string, ...keys: LiveForeignKey[]): string =>
  inCopyOrder(Array.from(names, table), keys)
    .map(({ name }) => name)
    .join("");

describe("the order of the copy", () => {
  it("puts every table after the tables that it refers to", () => {
    expect(order("abcd", key("a", "b"), key("b", "c"), key("d", "a"))).toBe("cbad");
  });

  it("ignores a key to the table itself, and a key to a table that is not copied", () => {
    expect(order("ab", key("a", "a"), key("a", "z"))).toBe("ab");
  });

  it("ignores a deferrable key, so that a circle with one can be copied", () => {
    expect(order("ab", key("a", "b", true), key("b", "a"))).toBe("ab");
  });

  it("is refused if keys form a circle, and names only those keys", async () => {
    const { message } = await faultOf(() =>
      order("abcdx", key("a", "b"), key("b", "a"), key("c", "a"), key("d", "c")),
    );
    expect(message).toMatch(
      /^COPY_REFUSED: .*circular.*\n {2}- a_b: s\.a refers to s\.b\n {2}- b_a: s\.b refers to s\.a$/,
    );
  });
});

describe("the tables that refer to the copied ones", () => {
  it("include those that refer through others, each once", () => {
    const keys = [key("x", "a"), key("y", "x"), key("y", "a"), key("b", "a"), key("a", "z")];
    expect(referringTables([table("a"), table("b")], keys).map(({ name }) => name)).toEqual([
      "x",
      "y",
    ]);
  });
});
