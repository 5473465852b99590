import type { Client } from "pg";
import { fault } from "../base/fault";
import { changeBetween } from "../catalog/change";
import { describeCatalog, type DescribedCatalog } from "../catalog/describe";
import { type RawCatalog, takeRawCatalog } from "../catalog/rawCatalog";
import type { Backfilled } from "../execute/executeStep";
import { executeUnit } from "../execute/executeUnit";
import { isConcurrent } from "../execute/units";
import type { CatalogChange, ObjectId, Statement, Step, TouchedTables } from "../model";
import { watchCommands } from "../postgres/completedCommands";
import { builtInsOf } from "./builtIns";
import { expectSeen, placeOf } from "./expectSeen";
import { readReferences, referencedBetween, referencedByRows, type References } from "./references";
import { readTables, touchedBetween, type TablesState, UNTOUCHED } from "./touchedTables";

/** What one statement did on one server. */
export interface ObservedStatement {
  readonly statement: Statement;
  /** The server's whole command tag: `CREATE TABLE`. */
  readonly tag: string;
  readonly change: CatalogChange;
  /** What it refers to and did not make itself. */
  readonly references: readonly ObjectId[];
  /** Names of pg_catalog that it uses without a schema. */
  readonly builtIns: readonly string[];
  readonly tables: TouchedTables;
}

interface State {
  readonly catalog: DescribedCatalog;
  /** Absent where the witnesses do not look. */
  readonly raw: RawCatalog | undefined;
  readonly references: References;
  readonly tables: TablesState;
}

/** Runs statements in one session, and finds out of each what it did. */
export class Watch {
  private constructor(
    private readonly client: Client,
    /** The number of the first transaction that can have made anything. */
    private readonly since: string,
    private readonly takeTags: () => readonly string[],
    private state: State,
  ) {}

  /** @param isWitnessed whether to look at every row of the catalog too, for what no kind describes */
  public static async start(client: Client, isWitnessed: boolean): Promise<Watch> {
    const { rows } = await client.query<{ since: string }>(
      "SELECT pg_snapshot_xmax(pg_current_snapshot())::text AS since",
    );
    const since = rows[0]?.since ?? "0";
    return new Watch(client, since, watchCommands(client), {
      catalog: await describeCatalog(client),
      raw: isWitnessed ? await takeRawCatalog(client) : undefined,
      references: await readReferences(client, since),
      tables: await readTables(client),
    });
  }

  /** As the last statement left it. */
  public get catalog(): DescribedCatalog {
    return this.state.catalog;
  }

  /**
   * Runs a step's statements as production does.
   *
   * @throws STATEMENT_FAILED, DIRECTIVE_REFUSED
   */
  public async run(step: Step): Promise<readonly ObservedStatement[]> {
    // What we did in this session since, trying an inverse, is no statement's.
    this.state = { ...this.state, tables: await readTables(this.client) };
    this.takeTags();
    const observed: ObservedStatement[] = [];
    await executeUnit(
      this.client,
      { steps: [step] },
      {
        inTransaction: (use) => use(),
        onBatch: expectEnd,
        onExecuted: async (_, statement) => {
          observed.push(await this.observe(step, statement));
        },
      },
    );
    return observed;
  }

  private async observe(step: Step, statement: Statement): Promise<ObservedStatement> {
    const { client, since, state: before } = this;
    const tags = this.takeTags();
    // Of a backfill, the last batch's. The first and the last are the search path's: queryOnDirectivePath.
    const own = (step.kind === "backfill" ? tags.slice(-3) : tags).slice(1, -1);
    const tag = expectOneTag(step, statement, own);
    const tables = await readTables(client);
    const catalog = await describeCatalog(client);
    const references = await readReferences(client, since);
    const change = changeBetween(before.catalog, catalog);
    const raw =
      before.raw === undefined
        ? undefined
        : await expectSeen(client, {
            step,
            statement,
            before: {
              described: before.catalog,
              raw: before.raw,
              statistics: before.tables.statistics,
            },
            after: { described: catalog, statistics: tables.statistics },
            change,
          });
    const catalogs = { was: before.catalog, is: catalog };
    const observed = {
      statement,
      tag,
      change,
      references: [
        ...(await referencedBetween(client, before.references, references, catalogs)),
        ...(await referencedByRows(client, statement, references, since, catalogs)),
      ],
      builtIns: await builtInsOf(client, statement),
      // Outside of a transaction the server counts when it pleases.
      tables: isConcurrent(step) ? UNTOUCHED : touchedBetween(before.tables, tables),
    };
    this.state = { catalog, raw, references, tables };
    this.takeTags();
    return observed;
  }
}

/** So many batches a backfill may take of the few rows that there are here. */
const MAX_BATCHES = 1000;

function expectEnd({ directive, id, file }: Step, { rows, batches }: Backfilled): void {
  if (batches > MAX_BATCHES) {
    throw fault("DIRECTIVE_REFUSED", {
      what: `running ${id} of sql/${directive}/${file} until it changes no row`,
      found: `${String(rows)} rows changed in ${String(batches)} batches, and no end`,
      expected: `an end within ${String(MAX_BATCHES)} batches`,
      remedy: "Write its WHERE so that it leaves out what is done",
    });
  }
}

function expectOneTag(step: Step, statement: Statement, tags: readonly string[]): string {
  const [tag] = tags;
  if (tag === undefined || tags.length > 1) {
    throw fault("DIRECTIVE_REFUSED", {
      what: `running ${placeOf(step, statement)}`,
      found: tags.length === 0 ? "no command tag" : `the command tags ${tags.join(", ")}`,
      expected: "one: at run time it shows that the slice was one statement, and ran",
      remedy: "Write it as one statement",
    });
  }
  return tag;
}
