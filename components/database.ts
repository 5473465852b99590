import * as pulumi from "@pulumi/pulumi";
import type { Connection } from "./connection";
import { DatabaseClone } from "./databaseClone";
import type * as dockerPostgres from "./dockerPostgres";
import { EmbeddedPostgres } from "./embeddedPostgres";
import type { Settings } from "./settings";

export interface DatabaseArgs {
  readonly settings: Settings;
}

/**
 * The stack's database: on a server of the stack's own (embedded, docker), or on an existing server (external), where it
 * exists already or is cloned from a template.
 */
export class Database extends pulumi.ComponentResource {
  public readonly connection: Connection;
  /** `postgresql://…`, a secret. */
  public readonly url: pulumi.Output<string>;

  public constructor(name: string, args: DatabaseArgs, opts?: pulumi.ComponentResourceOptions) {
    super("v7:components:Database", name, {}, opts);
    this.connection = this.connect(name, args.settings);
    this.url = pulumi.secret(pulumi.output(this.connection).apply(formatUrl));
    this.registerOutputs({ url: this.url });
  }

  private connect(name: string, settings: Settings): Connection {
    switch (settings.database) {
      case "embedded": {
        const args = { stack: settings.stack, major: settings.postgresMajor };
        const server = new EmbeddedPostgres(`${name}-server`, args, { parent: this });
        const { host, port, databaseName, user, password } = server;
        return { host, port, databaseName, user, password, sslMode: "disable" };
      }
      case "docker": {
        // Loaded on demand: loading @pulumi/docker takes a third of a second.
        // eslint-disable-next-line @typescript-eslint/no-require-imports
        const { DockerPostgres } = require("./dockerPostgres") as typeof dockerPostgres;
        const { project, stack, postgresMajor: major, dockerImage: image } = settings;
        const args = { project, stack, major, ...(image === undefined ? {} : { image }) };
        return new DockerPostgres(`${name}-server`, args, { parent: this }).connection;
      }
      case "external": {
        if (settings.external === undefined) {
          throw new TypeError("database external without its settings");
        }
        const { external, templateDatabase: template, stack } = settings;
        const connection = { ...external, password: pulumi.secret(external.password) };
        if (template === undefined) {
          return connection;
        }
        const args = { stack, template, connection };
        const { databaseName } = new DatabaseClone(`${name}-clone`, args, { parent: this });
        return { ...connection, databaseName };
      }
    }
  }
}

function formatUrl({
  host,
  port,
  databaseName,
  user,
  password,
  sslMode,
  caCertificate,
}: pulumi.Unwrap<Connection>): string {
  const encode = encodeURIComponent;
  // An IPv6 address needs brackets in a URL; node-pg and libpq both accept them.
  const address = host.includes(":") ? `[${host}]` : host;
  const certificate = caCertificate === undefined ? "" : `&sslrootcert=${encode(caCertificate)}`;
  return `postgresql://${encode(user)}:${encode(password)}@${address}:${port}/${encode(databaseName)}?sslmode=${sslMode}${certificate}`;
}
