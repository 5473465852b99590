import { readFileSync } from "node:fs";
import { join } from "node:path";
import * as pulumi from "@pulumi/pulumi";
import { commandsIn } from "../support/documents/commands";
import {
  inputsOf,
  namesOf,
  one,
  runProgram,
  secret,
  valueOf,
  type ProgramRun,
} from "../support/program";
import { ROOT, textOf } from "../support/repository";
import { COMMON_RESOURCES } from "./expected";

const VERIFIER = "SCRAM-SHA-256$4096:c2FsdA==$stored:server";
const LABELS = [
  { label: "v7.project", value: "v7" },
  { label: "v7.stack", value: "dev" },
];

/** Every text below that value. */
function textsIn(value: unknown): string[] {
  if (typeof value === "string") {
    return [value];
  }
  return typeof value === "object" && value !== null ? Object.values(value).flatMap(textsIn) : [];
}

/** The seconds of a Go duration; undefined for any other text. */
function seconds(text: string): number | undefined {
  const parts = [...text.matchAll(/(\d+(?:\.\d+)?)(h|ms|m|s)/g)];
  const sizes: Readonly<Record<string, number>> = { h: 3600, m: 60, s: 1, ms: 0.001 };
  return text === "" || parts.map(([part]) => part).join("") !== text
    ? undefined
    : parts.reduce((sum, [, count, unit = ""]) => sum + Number(count) * (sizes[unit] ?? 0), 0);
}

/** Go's time.Duration.String(), which Docker's answers go through. */
function asDocker(duration: number): string {
  if (duration > 0 && duration < 1) {
    return `${String(duration * 1000)}ms`;
  }
  const [hours, minutes] = [Math.floor(duration / 3600), Math.floor(duration / 60) % 60];
  const parts = [`${String(hours)}h`, `${String(minutes)}m`, `${String(duration % 60)}s`];
  return parts.slice(hours > 0 ? 0 : minutes > 0 ? 1 : 2).join("");
}

describe("the program on a container", () => {
  let run: ProgramRun;
  beforeAll(async () => {
    run = await runProgram({
      settings: { database: "docker", postgresMajor: "16", requireApproval: "false" },
    });
  });

  it("registers the container's resources and no others", () => {
    expect(namesOf(run.registrations)).toEqual(
      [
        ...COMMON_RESOURCES,
        "v7:components:DockerPostgres database-server",
        "directive:index:GeneratedPassword database-server-superuser",
        "directive:index:GeneratedPassword database-server-login",
        "directive:index:LocalPort database-server-port",
        "directive:index:ContainerServer database-server-answers",
        "docker:index/remoteImage:RemoteImage database-server-image",
        "docker:index/volume:Volume database-server-volume",
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

  it("runs the official image at the embedded server's minor release, and keeps the image when it is deleted", () => {
    expect(inputsOf(run, "database-server-image")).toEqual({
      name: "postgres:16.14",
      keepLocally: true,
    });
  });

  it("keeps the data in a volume that has the stack's name", () => {
    expect(inputsOf(run, "database-server-volume")).toEqual({
      name: "v7-dev-database",
      labels: LABELS,
    });
  });

  it("publishes the container on 127.0.0.1 and the stack's own port", () => {
    const { envs, uploads, healthcheck, ...rest } = inputsOf(run, "database-server-container");
    expect([envs, uploads, healthcheck]).toEqual([
      expect.any(Array),
      expect.any(Array),
      expect.any(Object),
    ]);
    expect(rest).toEqual({
      name: "v7-dev-database",
      labels: LABELS,
      image: "sha256:1a2b",
      volumes: [{ volumeName: "v7-dev-database", containerPath: "/var/lib/postgresql/data" }],
      ports: [{ internal: 5432, external: 23_456, ip: "127.0.0.1" }],
      mustRun: true,
      restart: "unless-stopped",
      destroyGraceSeconds: 30,
      shmSize: 256,
    });
  });

  it("calls the container healthy once it answers over TCP and the login has its password", () => {
    const sql =
      "SELECT rolpassword IS NOT NULL FROM pg_catalog.pg_authid WHERE rolname = 'postgres'";
    expect(inputsOf(run, "database-server-container")["healthcheck"]).toEqual({
      tests: [
        "CMD-SHELL",
        "pg_isready --quiet --host=127.0.0.1 --port=5432 --username=supabase_admin && " +
          "psql --username=supabase_admin --dbname=postgres --no-psqlrc --no-align --tuples-only " +
          `--command="${sql}" | grep -qx t`,
      ],
      interval: "3s",
      timeout: "5s",
      startPeriod: "1m0s",
      retries: 10,
    });
  });

  it("writes every duration in the form that Docker returns, so that a second run finds no difference", () => {
    const texts = run.registrations
      .filter(({ type }) => type.startsWith("docker:"))
      .flatMap(({ inputs }) => textsIn(inputs));
    const durations = texts.filter((text) => seconds(text) !== undefined);
    expect(durations).toHaveLength(3);
    expect(durations).toStrictEqual(durations.map((text) => asDocker(seconds(text) ?? 0)));
  });

  it("gives the container the superuser's verifier as a secret, no password, and asks for SCRAM", () => {
    expect(inputsOf(run, "database-server-container")["envs"]).toEqual([
      "POSTGRES_USER=supabase_admin",
      "POSTGRES_DB=postgres",
      secret(`POSTGRES_PASSWORD=${VERIFIER}`),
      "POSTGRES_INITDB_ARGS=--auth-host=scram-sha-256 --encoding=UTF8 --locale=C.UTF-8",
    ]);
  });

  it("uploads the baseline and the login's verifier as one transaction, and no path of this checkout", () => {
    const folder = join(ROOT, "sql", "dev_baseline");
    const files = [
      "010_roles.sql",
      "020_schemas_and_default_privileges.sql",
      "030_file_audit.sql",
    ].map((file) => readFileSync(join(folder, file), "utf8"));
    expect(inputsOf(run, "database-server-container")["uploads"]).toEqual([
      {
        file: "/docker-entrypoint-initdb.d/baseline.sql",
        content: secret(
          `BEGIN;\n${files.map((sql) => `${sql}\nRESET ROLE;\n`).join("")}ALTER ROLE "postgres" PASSWORD '${VERIFIER}';\n` +
            `ALTER DATABASE "postgres" SET v7.unprotected = 'on';\n` +
            `COMMENT ON DATABASE "postgres" IS 'v7: {"stack":"dev"}';\nCOMMIT;\n`,
        ),
      },
    ]);
    expect(JSON.stringify(inputsOf(run, "database-server-container"))).not.toContain(
      "docker/secret",
    );
  });

  it("waits until the container's server accepts the stack's login", () => {
    expect(inputsOf(run, "database-server-answers")).toEqual({
      stack: "dev",
      containerId: "database-server-container-id",
      port: 23_456,
      databaseName: "postgres",
      user: "postgres",
      password: secret("docker/secret"),
    });
  });

  it("connects to the container's port once the server answers", async () => {
    expect(inputsOf(run, "directive")["port"]).toBe(23_456);
    expect(one(run.registrations, "directive").dependsOn).toContain("gate");
    expect(one(run.registrations, "gate").dependsOn).toContain("database-server-answers");
    const url = run.outputs["databaseUrl"] ?? pulumi.output("");
    await expect(valueOf(url)).resolves.toBe(
      "postgresql://postgres:docker%2Fsecret@127.0.0.1:23456/postgres?sslmode=disable",
    );
    await expect(pulumi.isSecret(url)).resolves.toBe(true);
  });

  it("keeps the login's password a secret in every resource that uses it", () => {
    for (const name of ["gate", "directive", "catalog", "postgresql"]) {
      expect(inputsOf(run, name)["password"]).toEqual(secret("docker/secret"));
    }
  });
});

describe("the commands of docs/docker.md", () => {
  it("make a stack that the program accepts", async () => {
    const commands = commandsIn(textOf("docs/docker.md")).map(({ command }) => command);
    const set = commands.flatMap((command) => {
      const [, name = "", value = ""] =
        /^pulumi config set v7:(\w+) (\w+) --stack NAME$/.exec(command) ?? [];
      return name === "" ? [] : [[name, value] as const];
    });
    const run = await runProgram({ settings: Object.fromEntries(set), stack: "name" });
    expect(namesOf(run.registrations)).toContain(
      "docker:index/container:Container database-server-container",
    );
    expect(commands.indexOf("pulumi stack init NAME")).toBeGreaterThan(-1);
    expect(commands.indexOf("pulumi stack init NAME")).toBeLessThan(
      commands.findIndex((command) => command.startsWith("pulumi config set")),
    );
  });
});

describe("the program on a container of a custom image", () => {
  it("runs that image with the data folder and the locale of PostgreSQL 18", async () => {
    const image = `registry.example.org:5000/own/postgres@sha256:${"ab".repeat(32)}`;
    const settings = { database: "docker", postgresMajor: "18", dockerImage: image };
    const run = await runProgram({ settings, stack: "dev-other" });
    expect(inputsOf(run, "database-server-image")["name"]).toBe(image);
    const { name, volumes, envs } = inputsOf(run, "database-server-container");
    expect(name).toBe("v7-dev-other-database");
    expect(volumes).toEqual([
      { volumeName: "v7-dev-other-database", containerPath: "/var/lib/postgresql" },
    ]);
    expect((envs as unknown[]).at(-1)).toBe(
      "POSTGRES_INITDB_ARGS=--auth-host=scram-sha-256 --encoding=UTF8 " +
        "--locale-provider=builtin --builtin-locale=C.UTF-8 --locale=C",
    );
  });
});
