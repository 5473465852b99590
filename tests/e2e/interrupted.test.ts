import { existsSync } from "node:fs";
import { join } from "node:path";
import { makeCheckout, type Checkout } from "../support/checkout";
import { interruptStart } from "../support/interruptedStart";

// All twenty moments, each with a stack of its own: npx tsx tests/bench/interruptedStart.ts
describe("npm start", () => {
  let checkout: Checkout;

  beforeAll(async () => {
    checkout = await makeCheckout();
  });

  afterAll(() => {
    checkout.remove();
  });

  it.each([
    ["while the stack is made", /is new: an embedded server/],
    ["while the server starts", /starting PostgreSQL/],
    ["in the directive's transaction", /section_8 1\/1/],
  ])("ends with an error at ^C %s", async (_when, moment) => {
    const { code, output } = await interruptStart(checkout, "one", moment);
    expect(output).toMatch(moment);
    expect(output).not.toContain("to stop the database:");
    expect(code).not.toBe(0);
    expect(existsSync(join(checkout.folder, "Pulumi.one.yaml"))).toBe(true);
  });

  it("succeeds when it is run again after ^C", () => {
    expect(checkout.npm("start", ["--stack", "one"]).code).toBe(0);
    const { output } = checkout.v7(["status", "--stack", "one"]);
    expect(output).toMatch(/drift +none/);
    expect(output).toContain("History (14 rows, chain verified)");
  });
});
