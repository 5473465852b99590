import type { Client } from "pg";
import { fault } from "../base/fault";
import { changeBetween } from "../catalog/change";
import { describeCatalog, type DescribedCatalog } from "../catalog/describe";
import { idsOf } from "../catalog/kinds/objectId";
import { nextTransaction, type RawCatalog, takeRawCatalog } from "../catalog/rawCatalog";
import { unattributed, type Witnessed } from "../catalog/witnesses";
import type { Backfilled } from "../execute/executeStep";
import { executeUnit } from "../execute/executeUnit";
import { isConcurrent } from "../execute/units";
import type { CatalogChange, ObjectId, Statement, Step, TouchedTables } from "../model";
import { together } from "../postgres/together";
import { namesIn, type Names } from "./namesIn";
import { readReferences, referencedBetween, referencedByRows, type References } from "./references";
import {
  readTables,
  touchedBetween,
  touchedObjects,
  type TablesState,
  UNTOUCHED,
} from "./touchedTables";
import { onlyNamed, usedByName } from "./usedByName";

/** What one statement did on one server. */
export interface ObservedStatement extends Names {
  readonly statement: Statement;
  /** The server's whole command tag: `CREATE TABLE`. */
  readonly tag: string;
  readonly change: CatalogChange;
  /** The objects that it refers to and did not make itself. */
  readonly references: readonly ObjectId[];
  readonly tables: TouchedTables;
}

interface State {
  readonly catalog: DescribedCatalog;
  /** Absent where the raw catalog is not read. */
  readonly raw: RawCatalog | undefined;
  readonly references: References;
  readonly tables: TablesState;
}

/** Runs statements in one session, and observes what each does. */
export class Watch {
  private constructor(
    private readonly client: Client,
    /** The number of the first transaction that can have made any of the observed objects. */
    private readonly since: string,
    private readonly isWitnessed: boolean,
    private state: State,
  ) {}

  /** @param isWitnessed whether to compare also every row of the catalog, to find changes that no kind describes */
  public static async start(client: Client, isWitnessed: boolean): Promise<Watch> {
    const since = await nextTransaction(client);
    const state = await readState(client, since, isWitnessed, undefined);
    return new Watch(client, since, isWitnessed, state);
  }

  /** The catalog after the last statement. */
  public get catalog(): DescribedCatalog {
    return this.state.catalog;
  }

  /**
   * Runs a step's statements as production does.
   *
   * @throws STATEMENT_FAILED, DIRECTIVE_REFUSED
   */
  public async run(step: Step): Promise<readonly ObservedStatement[]> {
    // Trying an inverse has touched tables in this session, which must not count as the next statement's doing.
    this.state = { ...this.state, tables: await readTables(this.client) };
    const observed: ObservedStatement[] = [];
    await executeUnit(
      this.client,
      { steps: [step] },
      {
        inTransaction: (use) => use(),
        onBatch: expectEnd,
        onExecuted: async (_, statement, { tag }) => {
          observed.push(await this.observe(step, statement, tag));
        },
      },
    );
    return observed;
  }

  private async observe(step: Step, statement: Statement, tag: string): Promise<ObservedStatement> {
    const { client, since, isWitnessed, state: before } = this;
    const after = await readState(client, since, isWitnessed, before.raw);
    const change = changeBetween(before.catalog, after.catalog);
    const [was, is] = [witnessed(before), witnessed(after)];
    if (was !== undefined && is !== undefined) {
      expectExplained(step, statement, unattributed(was, is, change));
    }
    const catalogs = { was: before.catalog, is: after.catalog };
    const [references, names, named] = await together([
      referencedBetween(client, before.references, after.references, catalogs),
      namesIn(client, statement),
      usedByName(client, statement, catalogs),
    ]);
    const ofRows = await referencedByRows(
      client,
      { tag, ...statement },
      after.references,
      since,
      catalogs,
    );
    // Outside of a transaction the server counts when it pleases.
    const tables = isConcurrent(step) ? UNTOUCHED : touchedBetween(before.tables, after.tables);
    const exact = [...references, ...ofRows, ...touchedObjects(before.catalog, tables)];
    const observed = {
      statement,
      tag,
      change,
      references: [...exact, ...onlyNamed(named, [...exact, ...idsOf(change)])],
      ...names,
      tables,
    };
    this.state = after;
    return observed;
  }
}

/** Reads everything in one round trip; the server's counts first, as the other queries change them. */
async function readState(
  client: Client,
  since: string,
  isWitnessed: boolean,
  before: RawCatalog | undefined,
): Promise<State> {
  const [tables, catalog, references, raw] = await together([
    readTables(client),
    describeCatalog(client),
    readReferences(client, since),
    isWitnessed ? takeRawCatalog(client, since, before) : undefined,
  ]);
  return { tables, catalog, references, raw };
}

function witnessed({ catalog, raw, tables }: State): Witnessed | undefined {
  return raw && { described: catalog, raw, statistics: tables.statistics };
}

/** Refuses a statement that changed a row of the catalog which no object kind describes. */
function expectExplained(step: Step, statement: Statement, unexplained: readonly string[]): void {
  if (unexplained.length > 0) {
    throw fault("DIRECTIVE_REFUSED", {
      what: `running ${placeOf(step, statement)}`,
      found: "a change of the catalog that no object kind describes",
      remedy: "Leave the statement out, or describe its kind in runner/catalog/kinds first",
      detail: unexplained.map((line) => `  ${line}`),
    });
  }
}

/** `statement 3 of sql/ad_005/directive.sql` */
export function placeOf({ directive, file }: Step, { number }: Statement): string {
  return `statement ${number} of sql/${directive}/${file}`;
}

/** How many batches a backfill may take; the throwaway server has only a few rows. */
const MAX_BATCHES = 1000;

function expectEnd({ directive, id, file }: Step, { rows, batches }: Backfilled): void {
  if (batches > MAX_BATCHES) {
    throw fault("DIRECTIVE_REFUSED", {
      what: `running ${id} of sql/${directive}/${file} until it changes no row`,
      found: `${rows} rows changed in ${batches} batches, and no end`,
      expected: `an end within ${MAX_BATCHES} batches`,
      remedy: "Write its WHERE so that it leaves out what is done",
    });
  }
}
