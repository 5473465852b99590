import * as pulumi from "@pulumi/pulumi";
import {
  inputsOf,
  namesOf,
  one,
  runProgram,
  secret,
  valueOf,
  type ProgramRun,
} from "../support/program";
import { COMMON_RESOURCES } from "./expected";

describe("the program on a container", () => {
  let run: ProgramRun;
  beforeAll(async () => {
    run = await runProgram({
      settings: { database: "docker", postgresMajor: "16", requireApproval: "false" },
    });
  });

  it("registers these resources and no others", () => {
    expect(namesOf(run.registrations)).toEqual(
      [
        ...COMMON_RESOURCES,
        "v7:components:DockerPostgres database-server",
        "directive:index:GeneratedPassword database-server-superuser",
        "directive:index:GeneratedPassword database-server-login",
        "docker:index/container:Container database-server-container",
      ].sort(),
    );
  });

  it("keeps the generated passwords and their verifiers secret", () => {
    expect(one(run.registrations, "database-server-login").additionalSecretOutputs).toEqual([
      "password",
      "verifier",
    ]);
  });

  it("runs the official image on 127.0.0.1 alone, and waits until it answers there", () => {
    const { envs, uploads, ...rest } = inputsOf(run, "database-server-container");
    expect([envs, uploads]).toEqual([expect.any(Array), expect.any(Array)]);
    expect(rest).toEqual({
      image: "postgres:16",
      ports: [{ internal: 5432, ip: "127.0.0.1" }],
      healthcheck: {
        tests: ["CMD", "pg_isready", "-h", "127.0.0.1", "-p", "5432", "-U", "supabase_admin"],
        interval: "1s",
        retries: 60,
      },
      wait: true,
      waitTimeout: 120,
      mustRun: true,
    });
  });

  it("gives the container the superuser's password as a secret, and asks for SCRAM", () => {
    expect(inputsOf(run, "database-server-container")["envs"]).toEqual([
      "POSTGRES_USER=supabase_admin",
      "POSTGRES_DB=postgres",
      secret("POSTGRES_PASSWORD=docker/secret"),
      "POSTGRES_INITDB_ARGS=--auth-host=scram-sha-256 --encoding=UTF8",
    ]);
  });

  it("uploads the baseline in its order, then the login's verifier, never its password", () => {
    const folder = "/docker-entrypoint-initdb.d";
    const uploads = inputsOf(run, "database-server-container")["uploads"] as {
      file: string;
      content?: unknown;
    }[];
    expect(uploads.map(({ file }) => file)).toEqual([
      `${folder}/010_roles.sql`,
      `${folder}/020_schemas_and_default_privileges.sql`,
      `${folder}/030_file_audit.sql`,
      `${folder}/90_login.sql`,
    ]);
    expect(uploads.at(-1)?.content).toEqual(
      secret(
        `ALTER ROLE "postgres" PASSWORD 'SCRAM-SHA-256$4096:c2FsdA==$stored:server';\n` +
          `ALTER DATABASE "postgres" SET v7.unprotected = 'on';\n`,
      ),
    );
    expect(JSON.stringify(uploads)).not.toContain("docker/secret");
  });

  it("connects to the port that Docker chose", async () => {
    expect(inputsOf(run, "directive")["port"]).toBe(49_153);
    const url = run.outputs["databaseUrl"] ?? pulumi.output("");
    await expect(valueOf(url)).resolves.toBe(
      "postgresql://postgres:docker%2Fsecret@127.0.0.1:49153/postgres?sslmode=disable",
    );
    await expect(pulumi.isSecret(url)).resolves.toBe(true);
  });

  it("keeps the login's password a secret wherever it goes", () => {
    for (const name of ["gate", "directive", "catalog", "postgresql"]) {
      expect(inputsOf(run, name)["password"]).toEqual(secret("docker/secret"));
    }
  });
});
