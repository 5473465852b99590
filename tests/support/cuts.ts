import { COPIED_ROWS, startCuttingProxy, type Cut } from "./cuttingProxy";

/** Does something with a server's database through this port. */
export type RunThrough = (port: number) => Promise<unknown>;

type Server = Parameters<typeof startCuttingProxy>[0];

/**
 * Cuts runs off, one after another on the same database, each as if its process were killed: one before each statement that
 * may write, including the commit, and the last one after the commit. So each also shows that the run after a cut is right.
 *
 * @param whole - the same run on another database, which is not cut off: it gives the statements
 * @param expectAfter - looks at the database after each cut: only the last has committed
 * @returns how many there were
 */
export async function cutOffs(
  server: Server,
  whole: RunThrough,
  run: RunThrough,
  expectAfter: (isCommitted: boolean) => Promise<void>,
): Promise<number> {
  const cuts = await cutsOf(server, whole);
  for (const cut of cuts) {
    const proxy = await startCuttingProxy(server, cut);
    await expect(run(proxy.port)).rejects.toThrow();
    await proxy.stop();
    expect({ ...cut, isCut: proxy.isCut() }).toStrictEqual({ ...cut, isCut: true });
    await expectAfter(cut.when === "after");
  }
  return cuts.length;
}

async function cutsOf(server: Server, run: RunThrough): Promise<Cut[]> {
  const proxy = await startCuttingProxy(server);
  await run(proxy.port);
  await proxy.stop();
  const begins = proxy.statements.map((sql) => sql.trim().slice(0, SAME_IN_EACH_RUN));
  const writing = begins
    .map((sql, index) => ({
      sql,
      nth: begins.slice(0, index + 1).filter((one) => one === sql).length,
      when: "before" as const,
    }))
    .filter((_cut, index) => !READS.test(proxy.statements[index] ?? ""))
    // The number of parts in which a COPY sends its rows differs from run to run.
    .filter(({ sql, nth }) => sql !== COPIED_ROWS || nth === 1);
  const commit = writing.find(({ sql }) => sql === "COMMIT");
  if (commit === undefined) {
    throw new Error("found no commit among the statements of this run");
  }
  return [...writing, { ...commit, when: "after" }];
}

const READS = /^\s*(?:SELECT|SHOW|RESET|SET|WITH(?![^]*\bINSERT\b))\b/;

/** The first characters of a statement, which have no name that differs from run to run. */
const SAME_IN_EACH_RUN = 20;
