import { join } from "node:path";
import * as docker from "@pulumi/docker";
import * as pulumi from "@pulumi/pulumi";
import { escapeIdentifier, escapeLiteral } from "pg";
import { checkoutFolder } from "../runner/base/checkoutFolder";
import { baselineFiles, baselineFolder, localeArguments } from "../runner/embedded";
import { noteStatement } from "../runner/postgres/databaseNote";
import type { PostgresMajor } from "../runner/postgres/majors";
import { dockerImage } from "../runner/settings/dockerImage";
import type { Connection } from "./connection";
import { ContainerServer } from "./containerServer";
import { GeneratedPassword } from "./generatedPassword";
import { LocalPort } from "./localPort";

export interface DockerPostgresArgs {
  readonly project: string;
  /** The stack that the container and its volume belong to; their names and labels say so. */
  readonly stack: string;
  /** PostgreSQL's major version. The server itself refuses the data of another one. */
  readonly major: PostgresMajor;
  /** Default: the official image, at the embedded server's minor release. */
  readonly image?: string;
}

/** The superuser of the container's server; the stack itself logs in as `postgres`, as on Supabase. */
const SUPERUSER = "supabase_admin";
const LOGIN = "postgres";
const DATABASE = "postgres";
/** Where the official image looks for what to run on an empty data folder. */
const INIT_FILE = "/docker-entrypoint-initdb.d/baseline.sql";
const PORT = 5432;

/**
 * PostgreSQL in a container of this stack, on 127.0.0.1 and a fixed port, with the same baseline as the embedded server. The
 * data is in a volume that outlives the container and is removed with the stack. The container gets password verifiers
 * only, never a password.
 */
export class DockerPostgres extends pulumi.ComponentResource {
  public readonly connection: Connection;

  public constructor(
    name: string,
    args: DockerPostgresArgs,
    opts?: pulumi.ComponentResourceOptions,
  ) {
    super("v7:components:DockerPostgres", name, {}, opts);
    const parent = { parent: this };
    const superuser = new GeneratedPassword(`${name}-superuser`, parent);
    const login = new GeneratedPassword(`${name}-login`, parent);
    const { port } = new LocalPort(`${name}-port`, parent);
    const image = new docker.RemoteImage(
      `${name}-image`,
      // Other stacks may use the same image.
      { name: args.image ?? dockerImage(args.major), keepLocally: true },
      parent,
    );
    // Unlike the stack's name it differs between checkouts, and it changes together with the verifiers in the data.
    const uniqueName = superuser.id.apply(
      (id) => `${args.project}-${args.stack}-${id.slice(0, 8)}`,
    );
    const labels = [
      { label: "v7.project", value: args.project },
      { label: "v7.stack", value: args.stack },
    ];
    const volume = new docker.Volume(
      `${name}-volume`,
      { name: uniqueName, labels },
      // Changed labels must not replace the volume, which would lose the data. Docker would take a new volume of the
      // same name for the old one: so it is deleted first.
      { ...parent, ignoreChanges: ["labels"], deleteBeforeReplace: true },
    );
    const container = new docker.Container(
      `${name}-container`,
      {
        name: uniqueName,
        labels,
        image: image.imageId,
        envs: [
          `POSTGRES_USER=${SUPERUSER}`,
          `POSTGRES_DB=${DATABASE}`,
          pulumi.interpolate`POSTGRES_PASSWORD=${superuser.verifier}`,
          `POSTGRES_INITDB_ARGS=${initdbArguments(args.major)}`,
        ],
        uploads: [
          {
            file: INIT_FILE,
            content: login.verifier.apply((verifier) => baselineSql(verifier, args.stack)),
          },
        ],
        volumes: [{ volumeName: volume.name, containerPath: dataFolder(args.major) }],
        ports: [{ internal: PORT, external: port, ip: "127.0.0.1" }],
        healthcheck: {
          tests: ["CMD-SHELL", HEALTH],
          // Durations as Docker reports them: "60s" would differ from its "1m0s" at every run. Each check starts a shell
          // and two clients; Docker 24 and older have no separate interval for the start.
          interval: "3s",
          timeout: "5s",
          startPeriod: "1m0s",
          retries: 10,
        },
        mustRun: true,
        // After a crash and after a reboot; not after `docker stop`.
        restart: "unless-stopped",
        // Time for the checkpoint of a clean shutdown; without it the container is killed.
        destroyGraceSeconds: 30,
        // Docker's 64 MB are too few for parallel index builds.
        shmSize: 256,
      },
      // Two servers cannot use the same volume or port.
      { ...parent, deleteBeforeReplace: true },
    );
    const access = { databaseName: DATABASE, user: LOGIN, password: login.password };
    // The docker plugin waits only when it creates the container, and gives no reason where that fails.
    const server = new ContainerServer(
      `${name}-answers`,
      { stack: args.stack, containerId: container.id, port, ...access },
      parent,
    );
    this.connection = { host: "127.0.0.1", port: server.port, ...access, sslMode: "disable" };
    this.registerOutputs({ port: this.connection.port });
  }
}

/**
 * Healthy once the baseline is committed and the server listens on TCP; during the baseline it listens only on its socket.
 * After an interrupted first start, which the image does not repeat, the login is missing and the check fails for ever.
 */
const HEALTH =
  `pg_isready --quiet --host=127.0.0.1 --port=${PORT} --username=${SUPERUSER} && ` +
  `psql --username=${SUPERUSER} --dbname=${DATABASE} --no-psqlrc --no-align --tuples-only ` +
  `--command="SELECT rolpassword IS NOT NULL FROM pg_catalog.pg_authid WHERE rolname = '${LOGIN}'" | grep -qx t`;

/** As for the embedded server: the same collation on every platform, SCRAM for TCP connections. */
function initdbArguments(major: PostgresMajor): string {
  return ["--auth-host=scram-sha-256", "--encoding=UTF8", ...localeArguments(major)].join(" ");
}

/** The folder that the image of that major declares a volume: since 18 the parent of the data folder. */
function dataFolder(major: PostgresMajor): string {
  return major >= 18 ? "/var/lib/postgresql" : "/var/lib/postgresql/data";
}

/**
 * The container's first SQL: sql/dev_baseline in the order of its file names, each as the superuser, the login's verifier, the
 * mark that the database needs no approval, and the note of its stack. It is one file with one transaction, because the image
 * runs every file in a session of its own, where `SET LOCAL ROLE` would have no effect.
 */
function baselineSql(verifier: string, stack: string): string {
  const files = baselineFiles(baselineFolder(join(checkoutFolder(), "sql")));
  return [
    "BEGIN;",
    ...files.flatMap(([, sql]) => [sql, "RESET ROLE;"]),
    `ALTER ROLE ${escapeIdentifier(LOGIN)} PASSWORD ${escapeLiteral(verifier)};`,
    `ALTER DATABASE ${escapeIdentifier(DATABASE)} SET v7.unprotected = 'on';`,
    `${noteStatement(DATABASE, { stack })};`,
    "COMMIT;",
    "",
  ].join("\n");
}
