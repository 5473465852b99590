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

/** Adds the suffix to the resource names of roles; a grant's name has it after its role. */
function suffixed(resource: string): string {
  return GROUP_ROLES.reduce(
    (name, role) =>
      name.replace(new RegExp(`(roles|grants)-${role}(?=-|$)`), `$1-${role}${SUFFIX}`),
    resource,
  );
}

describe("the program on its own database of a shared server", () => {
  let run: ProgramRun;
  beforeAll(async () => {
    run = await runProgram({ settings: CLONED, stack: "dev-b1", isPreview: true });
  });

  it("registers the clone in addition to every database's resources, and nothing else", () => {
    expect(namesOf(run.registrations)).toEqual(
      [...COMMON_RESOURCES, "directive:index:DatabaseClone database-clone"].sort(),
    );
  });

  it("gives the clone its stack, its template and its connection", () => {
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

  it("makes the gate, the provider and the migration wait for the clone", () => {
    const dependencies = ["gate", "postgresql", "directive"].map((name) =>
      one(run.registrations, name).dependsOn.filter((each) => !each.startsWith("roles")),
    );
    expect(dependencies).toEqual([
      ["database-clone"],
      ["database-clone", "gate"],
      ["database-clone", "gate"],
    ]);
  });

  it("gives the clone's name to the gate and to the postgresql provider", () => {
    expect(inputsOf(run, "gate")).toMatchObject({ databaseName: "v7_dev_b1", stack: "dev-b1" });
    expect(inputsOf(run, "postgresql")).toMatchObject({ database: "v7_dev_b1" });
  });

  it("reads the server's certificate before it registers the first resource", async () => {
    const settings = { ...CLONED, caCertificate: "no/such.pem" };
    const message = await refusalOf(() => runProgram({ settings }));
    expect(message).toMatch(/^SETTING_INVALID: reading setting "v7:caCertificate"/);
    expect(registered()).toEqual([]);
  });
});

describe("the program with a role suffix", () => {
  let run: ProgramRun;
  beforeAll(async () => {
    const logins = JSON.stringify([{ name: "ada", role: "v7_agent", password: VERIFIER }]);
    const settings = { requireApproval: "false", roleSuffix: SUFFIX, logins };
    run = await runProgram({ settings, stack: "dev-b1" });
  });

  it("registers every role, login and grant under a suffixed name", () => {
    expect(namesOf(run.registrations)).toEqual(
      [
        ...COMMON_RESOURCES.map(suffixed),
        "directive:index:EmbeddedPostgres database-server",
        "postgresql:index/role:Role roles-ada_dev_b1",
      ].sort(),
    );
  });

  it("creates the suffixed roles, and grants only to them", () => {
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
    "gives %s the suffix, the suffixed matrix's digest and the suffixed members",
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

  it("refuses an amendment that names roles without the suffix, and registers nothing", async () => {
    const settings = { roleSuffix: SUFFIX, amendments: '["row_level_security"]' };
    const message = await refusalOf(() => runProgram({ settings }));
    expect(message).toMatch(
      /^SETTING_INVALID: reading setting "v7:roleSuffix": found "_dev_b1", and the amendment "row_level_security"/,
    );
    expect(registered()).toEqual([]);
  });
});
