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
 * The database: a server of the stack's own (embedded, docker), or one that is there already (external), on which the
 * database is there already too, or is the stack's own clone of a template.
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
        // @pulumi/docker takes a third of a second to load, and most stacks do not need it.
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
  // An IPv6 address is in brackets: its colons are not the port's. node-pg and libpq both read this form.
  const address = host.includes(":") ? `[${host}]` : host;
  const certificate = caCertificate === undefined ? "" : `&sslrootcert=${encode(caCertificate)}`;
  return `postgresql://${encode(user)}:${encode(password)}@${address}:${String(port)}/${encode(databaseName)}?sslmode=${sslMode}${certificate}`;
}
