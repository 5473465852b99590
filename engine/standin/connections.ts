import type { Client } from "pg";
import { Fault } from "../../runner/base/fault";
import { BOUNDS } from "../../runner/postgres/bounds";
import { newClient } from "../../runner/postgres/client";
import { connectionFault } from "../../runner/postgres/connectionFault";
import { clearSession } from "../../runner/postgres/session";
import { guardConnection } from "./guard";
import type { ProviderSettings } from "./providerSettings";

interface Open {
  readonly database: string;
  readonly client: Client;
}

/**
 * The plugin's connections: never more than `maxConnections` at once over all databases, each checked by the guard
 * before it is first used, kept open between uses.
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
      await this.discard(open);
      throw error;
    } finally {
      this.waiting.shift()?.();
    }
  }

  /**
   * Whether a preview's run would be refused: asked once. A server that does not
   * answer is no reason to refuse, as it may not be there yet.
   *
   * @throws STAND_IN_REFUSED
   */
  public async refuseEarly(): Promise<void> {
    this.refusal ??= this.use(this.settings.databaseName, () => Promise.resolve()).catch(
      (error: unknown) => {
        if (error instanceof Fault && error.code === "STAND_IN_REFUSED") {
          throw error;
        }
      },
    );
    await this.refusal;
  }

  /** Closes what is idle, of one database or of all: before the database is dropped or renamed, and at the end. */
  public async closeIdle(database?: string): Promise<void> {
    const closing = this.idle.filter((one) => database === undefined || one.database === database);
    for (const one of closing) {
      this.idle.splice(this.idle.indexOf(one), 1);
      await this.discard(one);
    }
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
    // Counted before it is there, so that two at once do not both take the last place.
    this.openCount++;
    const { host, port, user, password, tls, connectTimeoutSeconds } = this.settings;
    const client = newClient(
      { host, port, user, password, database, ssl: tls },
      {
        applicationName: "v7 stand-in for pulumi-resource-postgresql",
        connectSeconds: connectTimeoutSeconds,
        // A role that goes may own much.
        answerSeconds: BOUNDS.longAnswerSeconds,
      },
    );
    const open = { database, client };
    // A connection that breaks while idle would otherwise end the process. Nobody is given it any more: its database may
    // have been dropped and made anew since.
    client.on("error", () => {
      this.forgetIdle(open);
    });
    try {
      await client.connect().catch((error: unknown) => {
        throw connectionFault({ host, port, user, password, databaseName: database }, error);
      });
      await clearSession(client);
      const target = `"${user}@${host}:${String(port)}/${database}"`;
      await guardConnection(client, target, (message) => {
        this.warnOnce(message);
      });
      await client.query("SET statement_timeout = 0; SET standard_conforming_strings = on");
      return open;
    } catch (error) {
      await this.discard(open);
      this.waiting.shift()?.();
      throw error;
    }
  }

  private warnOnce(message: string): void {
    if (!this.warned.has(message)) {
      this.warned.add(message);
      this.warn(message);
    }
  }

  /** One in use is discarded by its use, which fails. */
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
