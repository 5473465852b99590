import { noGrantsToEverybody } from "../../policy/noGrantsToEverybody";
import { UNKNOWN, violationsOf } from "../support/policies";

const GRANT = "postgresql:index/grant:Grant";
const violations = (props: Record<string, unknown>, type = GRANT): Promise<string[]> =>
  violationsOf(noGrantsToEverybody, type, props);

describe("no-grants-to-everybody", () => {
  it.each(["public", "PUBLIC", "Public", "anon", "authenticated", "service_role"])(
    "refuses a grant to %s",
    async (role) => {
      expect(await violations({ role, privileges: ["SELECT"] })).toEqual([
        `grant "one": found the role ${role}, expected one of the access matrix. Change the directive's access.yaml.`,
      ]);
    },
  );

  it.each([
    ["default privileges", "postgresql:index/defaultPrivileges:DefaultPrivileges"],
    ["default privileges by their old name", "postgresql:index/defaultPrivileg:DefaultPrivileg"],
    ["a membership", "postgresql:index/grantRole:GrantRole"],
  ])("refuses %s too", async (_what, type) => {
    expect(await violations({ role: "anon", grantRole: "v7_reader" }, type)).toHaveLength(1);
  });

  it("accepts a revocation, which the plugin writes as a grant of no privileges", async () => {
    expect(await violations({ role: "public", privileges: [] })).toEqual([]);
  });

  it.each(["v7_reader", "public_reader", "anonymous", "", "constructor"])(
    "accepts a grant to %j",
    async (role) => {
      expect(await violations({ role, privileges: ["SELECT"] })).toEqual([]);
    },
  );

  it("does not accept a grant whose role is unknown", async () => {
    await expect(violations({ role: UNKNOWN, privileges: ["SELECT"] })).rejects.toThrow(
      "string value at .role can't be known during preview",
    );
  });

  it("reports nothing on other resources, even if their inputs are unknown", async () => {
    const props = { role: UNKNOWN, privileges: UNKNOWN };
    expect(await violations(props, "aws:iam/role:Role")).toEqual([]);
  });
});
