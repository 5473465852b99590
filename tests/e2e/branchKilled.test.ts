import { setTimeout as sleep } from "node:timers/promises";
import {
  branch,
  killBranch,
  makeRepository,
  nothing,
  queryBranch,
  remains,
} from "../support/branches";
import { makeCheckout, type Checkout } from "../support/checkout";

let checkout: Checkout;
/** How long an undisturbed one takes here: the moments of the kills are spread over it. */
const lasted = { up: 0, again: 0, down: 0 };

beforeAll(async () => {
  checkout = await makeCheckout();
  makeRepository(checkout);
  lasted.up = await timed(() => branch(checkout, "up", "measured").code);
  lasted.again = await timed(() => branch(checkout, "up", "measured").code);
  lasted.down = await timed(() => branch(checkout, "down", "measured").code);
});

afterAll(() => {
  checkout.remove();
});

async function timed(work: () => number): Promise<number> {
  const began = Date.now();
  expect(work()).toBe(0);
  await sleep(0);
  return Date.now() - began;
}

const MOMENTS = [0.15, 0.35, 0.55, 0.7, 0.85];

describe("a branch's database whose making was killed", () => {
  it.each(
    MOMENTS.flatMap((share, index) => [
      [share, index % 2 === 0 ? ("group" as const) : ("command" as const)] as const,
    ]),
  )("comes up right at the next try (after %d of its time, the %s)", async (share, whom) => {
    await killBranch(checkout, "up", lasted.up * share, whom);
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

  it("goes without a rest, too, where it is taken down instead", async () => {
    await killBranch(checkout, "up", lasted.up * 0.6, "group");
    expect(branch(checkout, "down", "killed").code).toBe(0);
    expect(remains(checkout)).toStrictEqual(nothing(checkout));
  });
});

describe("a branch's database that was whole, and whose next up was killed", () => {
  it.each([0.4, 0.8])("keeps its data (after %d of its time)", async (share) => {
    expect(branch(checkout, "up", "killed").code).toBe(0);
    await queryBranch(checkout, "killed", "CREATE TABLE IF NOT EXISTS mine AS SELECT 7 AS seven");
    await killBranch(checkout, "up", lasted.again * share, "group");
    const { code, output } = branch(checkout, "up", "killed");
    expect(code === 0 ? "" : output).toBe("");
    expect(await queryBranch(checkout, "killed", "SELECT * FROM mine")).toEqual([{ seven: 7 }]);
  });
});

describe("a branch's database whose end was killed", () => {
  it.each([0.3, 0.6, 0.8])(
    "is gone once it is taken down again (after %d of its time)",
    async (share) => {
      expect(branch(checkout, "up", "killed").code).toBe(0);
      await killBranch(checkout, "down", lasted.down * share, "group");
      const { code, output } = branch(checkout, "down", "killed");
      expect(code === 0 ? "" : output).toBe("");
      expect(remains(checkout)).toStrictEqual(nothing(checkout));
    },
  );

  it("comes up anew where it is brought up instead", async () => {
    expect(branch(checkout, "up", "killed").code).toBe(0);
    await killBranch(checkout, "down", lasted.down * 0.7, "group");
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
