import * as pulumi from "@pulumi/pulumi";
import { choosePort } from "../../runner/embedded/system/port";
import { refusalOf } from "../support/faults";
import {
  inputsOf,
  namesOf,
  registered,
  runProgram,
  secret,
  valueOf,
  type ProgramRun,
} from "../support/program";
import { COMMON_RESOURCES, directiveInputs } from "./expected";

const PASSWORD = "p@ss/word?#";
const EXTERNAL = {
  database: "external",
  host: "db.example.com",
  port: "6000",
  databaseName: "post gres",
  user: "post:gres",
  password: PASSWORD,
};

describe("a preview of the program on an external database", () => {
  let run: ProgramRun;
  beforeAll(async () => {
    const settings = { ...EXTERNAL, caCertificate: "certificates/ca.pem" };
    run = await runProgram({ settings, stack: "prod", isPreview: true });
  });

  it("registers no server, and connects to none before the first resource", () => {
    expect(namesOf(run.registrations)).toEqual([...COMMON_RESOURCES].sort());
  });

  it.each(["gate", "directive", "catalog"])(
    "gives %s the connection, with a verified certificate and the password as a secret",
    (name) => {
      expect(inputsOf(run, name)).toEqual({
        host: "db.example.com",
        port: 6000,
        databaseName: "post gres",
        user: "post:gres",
        password: secret(PASSWORD),
        sslMode: "verify-full",
        caCertificate: "certificates/ca.pem",
        stack: "prod",
        ...directiveInputs(name),
      });
    },
  );

  it("protects the migration, which holds the data, and the check, which is deleted first", () => {
    const found = run.registrations.filter(({ isProtected }) => isProtected);
    expect(found.map(({ name }) => name)).toEqual(["directive", "catalog"]);
  });

  it("gives the postgresql provider the same certificate", () => {
    expect(inputsOf(run, "postgresql")).toEqual({
      host: "db.example.com",
      port: "6000",
      database: "post gres",
      username: "post:gres",
      databaseUsername: "post:gres",
      password: secret(PASSWORD),
      sslmode: "verify-full",
      sslrootcert: "certificates/ca.pem",
      superuser: "false",
      maxConnections: "4",
      connectTimeout: "15",
    });
  });

  it("has the URL as a secret, with every part encoded", async () => {
    const url = run.outputs["databaseUrl"] ?? pulumi.output("");
    await expect(pulumi.isSecret(url)).resolves.toBe(true);
    await expect(valueOf(url)).resolves.toBe(
      "postgresql://post%3Agres:p%40ss%2Fword%3F%23@db.example.com:6000/post%20gres?sslmode=verify-full&sslrootcert=certificates%2Fca.pem",
    );
  });

  it("has the password only in secret inputs", () => {
    const withoutSecrets = JSON.stringify(run.registrations).replaceAll(
      JSON.stringify(secret(PASSWORD)),
      "",
    );
    expect(withoutSecrets).not.toContain(PASSWORD);
  });
});

describe("the program on a database behind Supabase's session pooler", () => {
  it("logs in with the pooler's name, and gives a deleted role's objects to the server's own name", async () => {
    const host = "aws-0-eu-central-1.pooler.supabase.com";
    const settings = { ...EXTERNAL, host, user: "postgres.abcdefghijklmnopqrst" };
    const run = await runProgram({ settings, isPreview: true });
    expect(inputsOf(run, "postgresql")).toMatchObject({
      username: "postgres.abcdefghijklmnopqrst",
      databaseUsername: "postgres",
    });
  });
});

describe("the URL of a database with an IPv6 address", () => {
  it("has brackets around the address", async () => {
    const settings = {
      ...EXTERNAL,
      host: "2001:db8::7",
      databaseName: "d",
      user: "u",
      password: "p",
    };
    const { outputs } = await runProgram({ settings, isPreview: true });
    await expect(valueOf(outputs["databaseUrl"] ?? pulumi.output(""))).resolves.toBe(
      "postgresql://u:p@[2001:db8::7]:6000/d?sslmode=verify-full",
    );
  });
});

describe("a program that must not start", () => {
  const expectRefusal = async (settings: Record<string, string>): Promise<string> => {
    const message = await refusalOf(() => runProgram({ settings }));
    expect(registered()).toEqual([]);
    return message;
  };

  it("registers nothing if the server does not answer", async () => {
    const port = String(await choosePort("closed"));
    const settings = { ...EXTERNAL, host: "127.0.0.1", port, sslMode: "disable" };
    expect(await expectRefusal(settings)).toBe(
      `SERVER_UNREACHABLE: connecting to "post:gres@127.0.0.1:${port}/post gres": found ECONNREFUSED, ` +
        "expected a PostgreSQL server. Run npm start, where it is a server of the stack's own; else check v7:host and v7:port.",
    );
  });

  it("registers nothing if the certificate cannot be read", async () => {
    const settings = { ...EXTERNAL, caCertificate: "no/such.pem" };
    expect(await expectRefusal(settings)).toBe(
      'SETTING_INVALID: reading setting "v7:caCertificate", "no/such.pem": found ENOENT, ' +
        "expected a PEM file that can be read, by its path in the project. " +
        "Correct the path; Supabase's certificate is in the project's database settings.",
    );
  });

  it("registers nothing if a setting is misspelt", async () => {
    expect(await expectRefusal({ databse: "embedded" })).toBe(
      `SETTING_UNKNOWN: reading the stack's settings: found "v7:databse", expected "v7:database". ` +
        "Run pulumi config rm v7:databse and pulumi config set v7:database.",
    );
  });

  it("registers nothing if an amendment is not one of the directive's", async () => {
    expect(await expectRefusal({ amendments: '["nonesuch"]' })).toMatch(
      /^SETTING_INVALID: reading setting "v7:amendments": found "nonesuch", expected any of .*row_level_security/,
    );
  });

  it("registers nothing if the port is that of Supabase's transaction pooler", async () => {
    const message = await expectRefusal({ ...EXTERNAL, port: "6543" });
    expect(message.split(": ")[0]).toBe("SERVER_POOLER");
  });
});
