import { readdirSync } from "node:fs";
import { join } from "node:path";
import * as docker from "@pulumi/docker";
import * as pulumi from "@pulumi/pulumi";
import { escapeIdentifier, escapeLiteral } from "pg";
import type { Connection } from "./database";
import { SQL_FOLDER } from "./directives";
import { GeneratedPassword } from "./generatedPassword";

export interface DockerPostgresArgs {
  /** PostgreSQL's major version, 15 to 18. */
  readonly major: number;
}

/** The superuser of the container's server; the stack itself logs in as `postgres`, as on Supabase. */
const SUPERUSER = "supabase_admin";
const LOGIN = "postgres";
const DATABASE = "postgres";
/** Where the official image looks for what to run on an empty data folder. */
const INIT_FOLDER = "/docker-entrypoint-initdb.d";
const PORT = 5432;

/**
 * PostgreSQL in a container of this stack's own, from the official image, on 127.0.0.1 and a port that Docker chooses,
 * with the same baseline as the embedded server. Passwords reach the container as SCRAM verifiers where they can.
 */
export class DockerPostgres extends pulumi.ComponentResource {
  public readonly connection: Connection;

  public constructor(
    name: string,
    args: DockerPostgresArgs,
    opts?: pulumi.ComponentResourceOptions,
  ) {
    super("v7:components:DockerPostgres", name, {}, opts);
    const superuser = new GeneratedPassword(`${name}-superuser`, {}, { parent: this });
    const login = new GeneratedPassword(`${name}-login`, {}, { parent: this });
    const container = new docker.Container(
      `${name}-container`,
      {
        image: `postgres:${String(args.major)}`,
        envs: [
          `POSTGRES_USER=${SUPERUSER}`,
          `POSTGRES_DB=${DATABASE}`,
          pulumi.interpolate`POSTGRES_PASSWORD=${superuser.password}`,
          "POSTGRES_INITDB_ARGS=--auth-host=scram-sha-256 --encoding=UTF8",
        ],
        uploads: [
          ...baselineUploads(),
          { file: `${INIT_FOLDER}/90_login.sql`, content: login.verifier.apply(loginSql) },
        ],
        ports: [{ internal: PORT, ip: "127.0.0.1" }],
        healthcheck: {
          // The image's first start answers on its socket alone: only a TCP answer means that the baseline ran.
          tests: ["CMD", "pg_isready", "-h", "127.0.0.1", "-p", String(PORT), "-U", SUPERUSER],
          interval: "1s",
          retries: 60,
        },
        wait: true,
        waitTimeout: 120,
        mustRun: true,
      },
      { parent: this },
    );
    this.connection = {
      host: "127.0.0.1",
      port: container.ports.apply((ports) => ports?.[0]?.external ?? PORT),
      databaseName: DATABASE,
      user: LOGIN,
      password: login.password,
      sslMode: "disable",
    };
    this.registerOutputs({ port: this.connection.port });
  }
}

/** sql/dev_baseline, in the order of its file names. */
function baselineUploads(): docker.types.input.ContainerUpload[] {
  return readdirSync(join(SQL_FOLDER, "dev_baseline"))
    .filter((file) => file.endsWith(".sql"))
    .sort()
    .map((file) => ({
      file: `${INIT_FOLDER}/${file}`,
      source: join(SQL_FOLDER, "dev_baseline", file),
    }));
}

/** The login's password, and the database's own word that it needs no approval: this stack made it. */
function loginSql(verifier: string): string {
  return [
    `ALTER ROLE ${escapeIdentifier(LOGIN)} PASSWORD ${escapeLiteral(verifier)};`,
    `ALTER DATABASE ${escapeIdentifier(DATABASE)} SET v7.unprotected = 'on';`,
    "",
  ].join("\n");
}
