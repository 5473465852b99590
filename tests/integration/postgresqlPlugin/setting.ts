import type { Client } from "pg";
import type { PostgresMajor } from "../../../runner/postgres/majors";
import { startTestServer, type TestDatabase, type TestServer } from "../../support/postgres";
import { secret, type Wire } from "../../unit/plugin/pluginClient";
import { Managed } from "./managed";
import { pluginFile, startPlugin, type PluginFile, type PluginProcess } from "./pluginProcess";

export type Major = PostgresMajor;

/** Who logs in: the server's superuser, or the login of Supabase's customers, who has CREATEROLE and is no superuser. */
export const LOGINS = ["superuser", "postgres"] as const;
export type Login = (typeof LOGINS)[number];

/** The SDK's tokens (`__pulumiType` in node_modules/@pulumi/postgresql). */
export const TYPES = {
  Role: "postgresql:index/role:Role",
  Grant: "postgresql:index/grant:Grant",
} as const;

/** One server with a Supabase-shaped database, and the plugin under test on it. */
export class Setting {
  private server!: TestServer;
  private file!: PluginFile;
  private readonly plugins: PluginProcess[] = [];
  private readonly shared = new Map<Login, Promise<PluginProcess>>();
  public database!: TestDatabase;
  /** A client of the superuser. */
  public sql!: Client;

  public async start(major: Major): Promise<void> {
    this.file = pluginFile();
    this.server = await startTestServer({ major });
    this.database = await this.server.createDatabase({ shape: "supabase", unprotected: true });
    this.sql = await this.database.connect(this.server.superuser, this.server.superuserPassword);
  }

  public async stop(): Promise<void> {
    await Promise.all(this.plugins.map((plugin) => plugin.stop()));
    await this.server.stop();
    this.file.remove();
  }

  /** The provider's arguments, as the SDK writes them: numbers and booleans as JSON text. */
  public provider(login: Login, more: Wire = {}): Wire {
    const isSuperuser = login === "superuser";
    const { superuser, superuserPassword } = this.server;
    return {
      host: this.database.host,
      port: JSON.stringify(this.database.port),
      database: this.database.name,
      username: isSuperuser ? superuser : "postgres",
      databaseUsername: isSuperuser ? superuser : "postgres",
      password: secret(isSuperuser ? superuserPassword : "postgres"),
      superuser: "false",
      sslmode: "disable",
      connectTimeout: "10",
      maxConnections: "3",
      ...more,
    };
  }

  /** The plugin, started and configured for that login; one process for all tests of a file, as for a whole stack. */
  public async plugin(login: Login): Promise<PluginProcess> {
    const plugin = this.shared.get(login) ?? this.ownPlugin(this.provider(login));
    this.shared.set(login, plugin);
    return plugin;
  }

  /** A process of the test's own. */
  public async ownPlugin(
    provider: Wire,
    environment: Readonly<Record<string, string>> = {},
  ): Promise<PluginProcess> {
    const plugin = await startPlugin(this.file.file, environment);
    this.plugins.push(plugin);
    await plugin.client.configure(provider);
    return plugin;
  }

  public async hasRole(name: string): Promise<boolean> {
    return (await this.value("SELECT 1 FROM pg_roles WHERE rolname = $1", [name])) === 1;
  }

  /** The first column of the first row. */
  public async value(query: string, values: readonly unknown[] = []): Promise<unknown> {
    const { rows } = await this.sql.query<Record<string, unknown>>(query, [...values]);
    return Object.values(rows[0] ?? {})[0];
  }
}

/** A resource that does not exist yet. */
export function managed(plugin: PluginProcess, type: keyof typeof TYPES): Managed {
  return new Managed(plugin.client, TYPES[type]);
}

/** A name that only one test uses: all tests of a file share the server's roles and databases. */
export function uniqueName(stem: string): string {
  return `${stem}_${String(++count)}`;
}
let count = 0;
