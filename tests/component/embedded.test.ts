import * as pulumi from "@pulumi/pulumi";
import { refusalOf } from "../support/faults";
import {
  inputsOf,
  namesOf,
  one,
  registered,
  runProgram,
  secret,
  valueOf,
  type ProgramRun,
} from "../support/program";
import { COMMON_RESOURCES, directiveInputs, GRANT_NAMES, GROUP_ROLES } from "./expected";

const VERIFIER = "SCRAM-SHA-256$4096:c2FsdA==$c3RvcmVk:c2VydmVy";
const PLAIN_ROLE = {
  superuser: false,
  createRole: false,
  createDatabase: false,
  replication: false,
  bypassRowLevelSecurity: false,
  inherit: true,
};

describe("the program on an embedded server", () => {
  let run: ProgramRun;
  beforeAll(async () => {
    run = await runProgram({ settings: { requireApproval: "false" }, stack: "mine" });
  });

  it("registers the embedded server's resources and no others", () => {
    expect(namesOf(run.registrations)).toEqual(
      [...COMMON_RESOURCES, "directive:index:EmbeddedPostgres database-server"].sort(),
    );
  });

  it("asks for the stack's own server, whose passwords are secrets", () => {
    expect(one(run.registrations, "database-server")).toEqual({
      type: "directive:index:EmbeddedPostgres",
      name: "database-server",
      inputs: { stack: "mine", major: 17 },
      parent: "database",
      dependsOn: [],
      additionalSecretOutputs: ["password", "superuserPassword"],
      isProtected: false,
    });
  });

  it.each(["gate", "directive", "catalog"])(
    "gives %s the steps that run, the connection and the rules",
    (name) => {
      expect(inputsOf(run, name)).toEqual({
        host: "127.0.0.1",
        port: 54_321,
        databaseName: "postgres",
        user: "postgres",
        password: secret("embedded/secret"),
        sslMode: "disable",
        stack: "mine",
        ...directiveInputs(name),
        requireApproval: false,
      });
    },
  );

  it("gives the postgresql provider the same server, without superuser rights", () => {
    expect(inputsOf(run, "postgresql")).toEqual({
      host: "127.0.0.1",
      port: "54321",
      database: "postgres",
      username: "postgres",
      databaseUsername: "postgres",
      password: secret("embedded/secret"),
      sslmode: "disable",
      superuser: "false",
      maxConnections: "4",
      connectTimeout: "15",
    });
  });

  it.each(GROUP_ROLES)(
    "makes %s a role that cannot log in and has no attribute beyond its grants",
    (role) => {
      expect(inputsOf(run, `roles-${role}`)).toEqual({ name: role, login: false, ...PLAIN_ROLE });
    },
  );

  it("puts the gate before the roles, the roles before the migration, the migration before the grants", () => {
    const roles = GROUP_ROLES.map((role) => `roles-${role}`).sort();
    const dependencies = ["gate", "postgresql", "roles", "directive", "grants"].map((name) => [
      name,
      one(run.registrations, name).dependsOn,
    ]);
    expect(Object.fromEntries(dependencies)).toEqual({
      gate: ["database-server"],
      postgresql: ["database-server", "gate"],
      roles: ["gate"],
      directive: ["database-server", "gate", ...roles],
      grants: ["directive", ...roles],
    });
  });

  it("checks the catalog after the migration and after every grant", () => {
    const grants = GRANT_NAMES.map((name) => `grants-${name}`);
    expect(one(run.registrations, "catalog").dependsOn).toEqual(
      ["database-server", "directive", ...grants].sort(),
    );
  });

  it("has five outputs, of which only the database's URL is a secret", async () => {
    const secrets = await Promise.all(
      Object.entries(run.outputs).map(async ([name, output]) => [
        name,
        await pulumi.isSecret(output),
      ]),
    );
    expect(Object.fromEntries(secrets)).toEqual({
      databaseUrl: true,
      planDigest: false,
      schemaFingerprint: false,
      historyHead: false,
      drift: false,
    });
  });

  it("percent-encodes the password in the URL", async () => {
    const url = run.outputs["databaseUrl"] ?? pulumi.output("");
    await expect(valueOf(url)).resolves.toBe(
      "postgresql://postgres:embedded%2Fsecret@127.0.0.1:54321/postgres?sslmode=disable",
    );
  });
});

describe("the program with settings other than the defaults", () => {
  let run: ProgramRun;
  beforeAll(async () => {
    run = await runProgram({
      settings: {
        postgresMajor: "15",
        allowedSigners: "signers",
        requiredApprovals: "2",
        forbidSelfApproval: "true",
        lockTimeoutSeconds: "7",
        statementTimeoutSeconds: "90",
        logins: JSON.stringify([
          { name: "ada", role: "v7_agent", password: VERIFIER },
          { name: "bob", role: "v7_auditor", password: VERIFIER },
          { name: "cyd", role: "v7_agent", password: VERIFIER },
        ]),
      },
    });
  });

  it("adds one role for each login and nothing else", () => {
    expect(namesOf(run.registrations)).toEqual(
      [
        ...COMMON_RESOURCES,
        "directive:index:EmbeddedPostgres database-server",
        "postgresql:index/role:Role roles-ada",
        "postgresql:index/role:Role roles-bob",
        "postgresql:index/role:Role roles-cyd",
      ].sort(),
    );
  });

  it("makes a login a member of its group role, with its verifier as a secret", () => {
    expect(inputsOf(run, "roles-ada")).toEqual({
      name: "ada",
      login: true,
      ...PLAIN_ROLE,
      password: secret(VERIFIER),
      roles: ["v7_agent"],
    });
    expect(one(run.registrations, "roles-ada").dependsOn).toEqual(["roles-v7_agent"]);
  });

  it("creates a role's grants after its logins, so that it deletes the grants first", () => {
    const waitsFor = (name: string): readonly string[] =>
      one(run.registrations, name).dependsOn.filter((other) => other.startsWith("roles-"));
    for (const name of GRANT_NAMES.map((grant) => `grants-${grant}`)) {
      const { role } = inputsOf(run, name) as { role: string };
      const logins = { v7_agent: ["roles-ada", "roles-cyd"], v7_auditor: ["roles-bob"] }[role];
      expect([name, waitsFor(name)]).toEqual([name, [...(logins ?? []), `roles-${role}`]]);
    }
  });

  it("passes the rules on to the gate, the migration and the check", () => {
    const rules = {
      requireApproval: true,
      allowedSigners: "signers",
      requiredApprovals: 2,
      forbidSelfApproval: true,
      lockTimeout: 7,
      statementTimeout: 90,
      members: { v7_agent: ["ada", "cyd"], v7_auditor: ["bob"] },
    };
    for (const name of ["gate", "directive", "catalog"]) {
      const inputs = inputsOf(run, name);
      const found = Object.fromEntries(Object.keys(rules).map((key) => [key, inputs[key]]));
      expect(found).toEqual(rules);
    }
    expect(inputsOf(run, "database-server")["major"]).toBe(15);
  });
});

describe("a login of a role that the access matrix does not name", () => {
  it.each(["postgres", "v7_agents", "constructor"])(
    "is refused before any resource is registered: %s",
    async (role) => {
      const logins = JSON.stringify([{ name: "eve", role, password: VERIFIER }]);
      const message = await refusalOf(() => runProgram({ settings: { logins } }));
      expect(message).toBe(
        `SETTING_INVALID: reading setting "v7:logins": found the role "${role}" of login "eve", ` +
          "expected one of v7_reader, v7_agent, v7_architect, v7_auditor, v7_ci. Correct the list of logins.",
      );
      expect(registered()).toEqual([]);
    },
  );
});
