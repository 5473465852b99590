import type { Client } from "pg";
import { Fault } from "../../runner/base/fault";
import { BOUNDS } from "../../runner/postgres/bounds";
import { connect } from "../../runner/postgres/connection";
import { sessionFault } from "../../runner/postgres/sessionFault";
import { describeTarget } from "../../runner/postgres/target";
import { guardConnection } from "./guard";
import type { ProviderSettings } from "./providerSettings";

interface Open {
  readonly database: string;
  readonly client: Client;
}

/**
 * The plugin's connection pool for all databases: at most `maxConnections` at once, each checked by the guard before its first
 * use.
 */
export class Connections {
  private readonly idle: Open[] = [];
  private readonly waiting: (() => void)[] = [];
  private openCount = 0;
  private readonly warned = new Set<string>();
  private refusal: Promise<void> | undefined;

  public constructor(
    public readonly settings: ProviderSettings,
    private readonly warn: (message: string) => void,
  ) {}

  /** Runs `use` on a connection to that database. A connection on which it failed is closed. */
  public async use<T>(database: string, use: (client: Client) => Promise<T>): Promise<T> {
    const open = await this.acquire(database);
    try {
      const result = await use(open.client);
      this.idle.push(open);
      return result;
    } catch (error) {
      const told = await sessionFault(open.client, this.settings.connection, error);
      await this.discard(open);
      throw told;
    } finally {
      this.waiting.shift()?.();
    }
  }

  /**
   * For previews: refuses what a run would refuse; asks the server only once. A server that does not answer may not exist yet
   * and is not refused.
   *
   * @throws STAND_IN_REFUSED
   */
  public async refuseEarly(): Promise<void> {
    const { databaseName } = this.settings.connection;
    this.refusal ??= this.use(databaseName, () => Promise.resolve()).catch((error: unknown) => {
      if (error instanceof Fault && error.code === "STAND_IN_REFUSED") {
        throw error;
      }
    });
    await this.refusal;
  }

  /** Closes the idle connections, at the plugin's end. */
  public async close(): Promise<void> {
    await Promise.all(this.idle.splice(0).map((one) => this.discard(one)));
  }

  private async acquire(database: string): Promise<Open> {
    for (;;) {
      const index = this.idle.findIndex((one) => one.database === database);
      const [found] = index < 0 ? [] : this.idle.splice(index, 1);
      if (found !== undefined) {
        return found;
      }
      if (this.openCount < this.settings.maxConnections) {
        return this.open(database);
      }
      const other = this.idle.shift();
      if (other !== undefined) {
        await this.discard(other);
        continue;
      }
      await new Promise<void>((resolve) => this.waiting.push(resolve));
    }
  }

  private async open(database: string): Promise<Open> {
    // Counted before it is open, so that two at once do not both take the last place.
    this.openCount++;
    const connection = { ...this.settings.connection, databaseName: database };
    let client: Client | undefined;
    try {
      client = await connect(connection, {
        applicationName: "v7 stand-in for pulumi-resource-postgresql",
        connectSeconds: this.settings.connectSeconds,
        // Deleting a role that owns much takes long.
        answerSeconds: BOUNDS.longAnswerSeconds,
      });
      await guardConnection(client, describeTarget(connection), (message) => {
        this.warnOnce(message);
      });
    } catch (error) {
      this.openCount--;
      await client?.end();
      this.waiting.shift()?.();
      throw error;
    }
    const open = { database, client };
    // A connection that breaks while idle is removed: its database may have been dropped and made anew.
    client.on("error", () => {
      this.forgetIdle(open);
    });
    return open;
  }

  private warnOnce(message: string): void {
    if (!this.warned.has(message)) {
      this.warned.add(message);
      this.warn(message);
    }
  }

  /** Removes an idle connection; for one in use, `use` fails and removes it. */
  private forgetIdle(open: Open): void {
    const index = this.idle.indexOf(open);
    if (index >= 0) {
      this.idle.splice(index, 1);
      void this.discard(open);
    }
  }

  private async discard({ client }: Open): Promise<void> {
    this.openCount--;
    await client.end().catch(() => undefined);
  }
}
