import { noPowerfulRoles } from "../../policy/noPowerfulRoles";
import { UNKNOWN, violationsOf } from "../support/policies";

const ROLE = "postgresql:index/role:Role";
const EXPECTED = "expected none of SUPERUSER, CREATEROLE, CREATEDB, REPLICATION, BYPASSRLS";
const violations = (props: Record<string, unknown>, name?: string): Promise<string[]> =>
  violationsOf(noPowerfulRoles, ROLE, props, name);

describe("no-powerful-roles", () => {
  it.each([
    ["superuser", "SUPERUSER"],
    ["createRole", "CREATEROLE"],
    ["createDatabase", "CREATEDB"],
    ["replication", "REPLICATION"],
    ["bypassRowLevelSecurity", "BYPASSRLS"],
  ])("refuses %s", async (property, attribute) => {
    expect(await violations({ [property]: true })).toEqual([
      `role "one": found ${attribute}, ${EXPECTED}. Set ${property} to false, and grant what the role needs.`,
    ]);
  });

  it("names every powerful attribute of a role", async () => {
    const found = await violations({ superuser: true, replication: true, login: true });
    expect(found.map((message) => message.split(",")[0])).toEqual([
      'role "one": found SUPERUSER',
      'role "one": found REPLICATION',
    ]);
  });

  it.each([
    ["a plain group role", { login: false, superuser: false, inherit: true }],
    ["a login", { login: true, password: "x" }],
    ["a role without any input", {}],
  ])("accepts %s", async (_what, props) => {
    expect(await violations(props)).toEqual([]);
  });

  it.each(["", "v7_agent\nv7_reader", "Ünïcode 😀", 'a"b', "constructor"])(
    "shows the role's name unchanged: %j",
    async (name) => {
      expect((await violations({ superuser: true }, name))[0]).toContain(`role "${name}": found`);
    },
  );

  it("does not accept a role with an unknown attribute: a preview warns, an update decides", async () => {
    await expect(violations({ superuser: UNKNOWN })).rejects.toThrow(
      "string value at .superuser can't be known during preview",
    );
  });

  it.each([
    "aws:rds/instance:Instance",
    "postgresql:index/grant:Grant",
    "postgresql:index/role:Roles",
  ])("reports nothing on %s", async (type) => {
    const props = { superuser: true, createRole: UNKNOWN };
    expect(await violationsOf(noPowerfulRoles, type, props)).toEqual([]);
  });
});
