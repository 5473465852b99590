/**
 * How long each lock is held with a large file_audit, as the rehearsal foretells it and as the real run has it, side by
 * side, while a reader and a writer work on the table. Never asserts a time.
 *
 * npx tsx tests/bench/largeTable.ts [rows] [major]
 */
import { applyDirective } from "../../runner/actions/apply";
import { rollbackDirective } from "../../runner/actions/rollback";
import { describeHeldLock } from "../../runner/execute/heldLocks";
import { describeRehearsal } from "../../runner/rehearsal/rehearsalText";
import { rehearse } from "../../runner/rehearsal/rehearse";
import { applyRequest } from "../support/directive";
import { startTestServer } from "../support/postgres";

async function main(): Promise<void> {
  const rows = Number(process.argv[2] ?? 1_000_000);
  const major = Number(process.argv[3] ?? 17) as 15 | 16 | 17 | 18;
  const server = await startTestServer({
    major,
    settings: { fsync: "on", synchronous_commit: "on" },
  });
  const database = await server.createDatabase({ shape: "supabase", unprotected: true });
  const client = await database.connect();
  await client.query(
    `INSERT INTO file_audit (file_path, file_name) SELECT 'src/' || n, 'file' || n FROM generate_series(1, ${String(rows)}) n`,
  );
  await client.query("ANALYZE file_audit");
  const request = await applyRequest(database);
  const rehearsal = await rehearse({ ...request, maxRows: rows });
  console.log(rehearsal === undefined ? "" : describeRehearsal(rehearsal));

  const reader = watch(await database.connect(), "SELECT id FROM file_audit LIMIT 1");
  const writer = watch(
    await database.connect(),
    "UPDATE file_audit SET status = 'x' WHERE file_path = 'src/1'",
  );
  const { locks } = await applyDirective(request);
  console.log("\nthe real run:");
  locks.forEach((lock) => {
    console.log(`  ${describeHeldLock(lock)}`);
  });
  console.log(`  the longest that a reader waited: ${(await reader.stop()).toFixed(0)} ms`);
  console.log(`  the longest that a writer waited: ${(await writer.stop()).toFixed(0)} ms`);
  const start = performance.now();
  await rollbackDirective(request);
  console.log(
    `  rollback of the unwritten installation: ${(performance.now() - start).toFixed(0)} ms`,
  );
  await server.stop();
}

/** Runs a statement again and again, and remembers the longest that it took. */
function watch(
  client: { query(sql: string): Promise<unknown> },
  sql: string,
): { stop(): Promise<number> } {
  const state = { isStopped: false };
  let longest = 0;
  const loop = (async () => {
    while (!state.isStopped) {
      const start = performance.now();
      await client.query(sql);
      longest = Math.max(longest, performance.now() - start);
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
  })();
  return {
    stop: async () => {
      state.isStopped = true;
      await loop;
      return longest;
    },
  };
}

void main();
