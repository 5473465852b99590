import {
  branch,
  killBranch,
  makeRepository,
  nothing,
  queryBranch,
  remains,
  WHILE_DOWN,
  WHILE_UP,
} from "../support/branches";
import { makeCheckout, type Checkout } from "../support/checkout";

let checkout: Checkout;

beforeAll(async () => {
  checkout = await makeCheckout();
  makeRepository(checkout);
});

afterAll(() => {
  checkout.remove();
});

describe("a killed branch up", () => {
  it.each([
    ["before it has a stack", "group"],
    ["while its server is made", "command"],
    ["while its roles are made", "group"],
    ["while the directive is applied", "command"],
    ["while the catalog is checked", "group"],
  ] as const)("is completed by the next branch up (%s, killing the %s)", async (moment, whom) => {
    await killBranch(checkout, "up", WHILE_UP[moment], whom);
    const { code, output } = branch(checkout, "up", "killed");
    expect(code === 0 ? "" : output).toBe("");
    const rows = await queryBranch(
      checkout,
      "killed",
      "SELECT (SELECT count(*)::int FROM v7_control.history) AS steps, (SELECT count(*)::int FROM pg_roles WHERE rolname LIKE 'v7\\_%') AS roles",
    );
    expect(rows).toStrictEqual([{ steps: 14, roles: 5 }]);
    expect(branch(checkout, "down", "killed").code).toBe(0);
    expect(remains(checkout)).toStrictEqual(nothing(checkout));
  });

  it("is cleaned up completely by branch down", async () => {
    await killBranch(checkout, "up", WHILE_UP["while the directive is applied"]);
    expect(branch(checkout, "down", "killed").code).toBe(0);
    expect(remains(checkout)).toStrictEqual(nothing(checkout));
  });
});

describe("a branch's database", () => {
  it("keeps its data when a later branch up is killed", async () => {
    expect(branch(checkout, "up", "killed").code).toBe(0);
    await queryBranch(checkout, "killed", "CREATE TABLE IF NOT EXISTS mine AS SELECT 7 AS seven");
    await killBranch(checkout, "up", WHILE_UP["once Pulumi has locked the stack"]);
    const { code, output } = branch(checkout, "up", "killed");
    expect(code === 0 ? "" : output).toBe("");
    expect(await queryBranch(checkout, "killed", "SELECT * FROM mine")).toEqual([{ seven: 7 }]);
  });
});

describe("a killed branch down", () => {
  it.each(Object.entries(WHILE_DOWN))(
    "is completed by the next branch down (%s)",
    async (_, isNow) => {
      expect(branch(checkout, "up", "killed").code).toBe(0);
      await killBranch(checkout, "down", isNow);
      const { code, output } = branch(checkout, "down", "killed");
      expect(code === 0 ? "" : output).toBe("");
      expect(remains(checkout)).toStrictEqual(nothing(checkout));
    },
  );

  it("is followed by a new database at the next branch up", async () => {
    expect(branch(checkout, "up", "killed").code).toBe(0);
    await killBranch(checkout, "down", WHILE_DOWN["once its stack is gone"]);
    const { code, output } = branch(checkout, "up", "killed");
    expect(code === 0 ? "" : output).toBe("");
    const rows = await queryBranch(
      checkout,
      "killed",
      "SELECT count(*)::int AS steps FROM v7_control.history",
    );
    expect(rows).toStrictEqual([{ steps: 14 }]);
    expect(branch(checkout, "down", "killed").code).toBe(0);
    expect(remains(checkout)).toStrictEqual(nothing(checkout));
  });
});
