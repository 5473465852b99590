import { refusalOf } from "../support/faults";
import {
  inputsOf,
  namesOf,
  one,
  registered,
  runProgram,
  secret,
  type ProgramRun,
} from "../support/program";
import { ACCESS_SHA256, COMMON_RESOURCES, GROUP_ROLES } from "./expected";

const VERIFIER = "SCRAM-SHA-256$4096:c2FsdA==$c3RvcmVk:c2VydmVy";
const SUFFIX = "_dev_b1";
const CLONED = {
  database: "external",
  host: "db.example.com",
  databaseName: "v7_dev_b1",
  user: "v7_branches",
  password: "p@ss/word?#",
  caCertificate: "certificates/ca.pem",
  templateDatabase: "template_v7",
  requireApproval: "false",
};

/** The names of the resources of the roles have the suffix, as the roles have; a grant's has it behind its role. */
function suffixed(resource: string): string {
  return GROUP_ROLES.reduce(
    (name, role) =>
      name.replace(new RegExp(`(roles|grants)-${role}(?=-|$)`), `$1-${role}${SUFFIX}`),
    resource,
  );
}

describe("the program on a database of its own on a shared server", () => {
  let run: ProgramRun;
  beforeAll(async () => {
    run = await runProgram({ settings: CLONED, stack: "dev-b1", isPreview: true });
  });

  it("registers the clone beside what every database has, and nothing else", () => {
    expect(namesOf(run.registrations)).toEqual(
      [...COMMON_RESOURCES, "directive:index:DatabaseClone database-clone"].sort(),
    );
  });

  it("tells the clone whose it is, of which template, and where", () => {
    expect(one(run.registrations, "database-clone")).toEqual({
      type: "directive:index:DatabaseClone",
      name: "database-clone",
      inputs: {
        stack: "dev-b1",
        template: "template_v7",
        host: "db.example.com",
        port: 5432,
        databaseName: "v7_dev_b1",
        user: "v7_branches",
        password: secret("p@ss/word?#"),
        sslMode: "verify-full",
        caCertificate: "certificates/ca.pem",
      },
      parent: "database",
      dependsOn: [],
      additionalSecretOutputs: [],
      isProtected: false,
    });
  });

  it("lets the gate, and through it everything else, wait for the clone", () => {
    const dependencies = ["gate", "postgresql", "directive"].map((name) =>
      one(run.registrations, name).dependsOn.filter((each) => !each.startsWith("roles")),
    );
    expect(dependencies).toEqual([
      ["database-clone"],
      ["database-clone", "gate"],
      ["database-clone", "gate"],
    ]);
  });

  it("names the clone to the gate and to the postgresql provider", () => {
    expect(inputsOf(run, "gate")).toMatchObject({ databaseName: "v7_dev_b1", stack: "dev-b1" });
    expect(inputsOf(run, "postgresql")).toMatchObject({ database: "v7_dev_b1" });
  });

  it("asks the server before the first resource, whether that name is another's", async () => {
    const settings = { ...CLONED, caCertificate: "no/such.pem" };
    const message = await refusalOf(() => runProgram({ settings }));
    expect(message).toMatch(/^SETTING_INVALID: reading setting "v7:caCertificate"/);
    expect(registered()).toEqual([]);
  });
});

describe("the program with a suffix of the roles", () => {
  let run: ProgramRun;
  beforeAll(async () => {
    const logins = JSON.stringify([{ name: "ada", role: "v7_agent", password: VERIFIER }]);
    const settings = { requireApproval: "false", roleSuffix: SUFFIX, logins };
    run = await runProgram({ settings, stack: "dev-b1" });
  });

  it("registers every role, login and grant under a name of its own", () => {
    expect(namesOf(run.registrations)).toEqual(
      [
        ...COMMON_RESOURCES.map(suffixed),
        "directive:index:EmbeddedPostgres database-server",
        "postgresql:index/role:Role roles-ada_dev_b1",
      ].sort(),
    );
  });

  it("makes the suffixed roles, and grants to them alone", () => {
    const names = run.registrations
      .filter(({ type }) => type === "postgresql:index/role:Role")
      .map(({ inputs }) => inputs["name"]);
    const grantees = run.registrations
      .filter(({ type }) => type === "postgresql:index/grant:Grant")
      .map(({ inputs }) => inputs["role"]);
    const groups = GROUP_ROLES.map((role) => `${role}${SUFFIX}`);
    expect(names).toEqual([...groups, "ada_dev_b1"]);
    expect([...new Set(grantees)].sort()).toEqual([...groups].sort());
  });

  it("makes a login a member of the suffixed role", () => {
    expect(inputsOf(run, "roles-ada_dev_b1")).toMatchObject({
      name: "ada_dev_b1",
      roles: ["v7_agent_dev_b1"],
    });
  });

  it.each(["gate", "directive", "catalog"])(
    "tells %s the suffix, the suffixed matrix's digest and the suffixed members",
    (name) => {
      const { roleSuffix, members, access } = inputsOf(run, name);
      expect({ roleSuffix, members }).toEqual({
        roleSuffix: SUFFIX,
        members: { v7_agent_dev_b1: ["ada_dev_b1"] },
      });
      expect(access).toMatch(/^[0-9a-f]{64}$/);
      expect(access).not.toBe(ACCESS_SHA256);
    },
  );

  it("is refused, and registers nothing, with an amendment that names plain roles", async () => {
    const settings = { roleSuffix: SUFFIX, amendments: '["row_level_security"]' };
    const message = await refusalOf(() => runProgram({ settings }));
    expect(message).toMatch(
      /^SETTING_INVALID: reading setting "v7:roleSuffix": found "_dev_b1", and the amendment "row_level_security"/,
    );
    expect(registered()).toEqual([]);
  });
});
