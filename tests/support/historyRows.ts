import type { TestDatabase, TestServer } from "./postgres";

/** Computes the complete chain again, as the table's owner can. */
const RECHAIN = `
  DO $$
  DECLARE one record; previous text := repeat('0', 64); computed text;
  BEGIN
    FOR one IN SELECT * FROM v7_control.history ORDER BY position LOOP
      computed := encode(sha256(convert_to(jsonb_build_array(
        previous, one.position, (extract(epoch FROM one.recorded_at) * 1000000)::bigint, one.action, one.directive,
        one.step_id, one.step_kind, one.step_sha256, one.plan_digest, one.duration_ms, one.applied_by, one.server_version,
        one.runner_version, one.details)::text, 'UTF8')), 'hex');
      UPDATE v7_control.history SET previous_digest = previous, digest = computed WHERE position = one.position;
      previous := computed;
    END LOOP;
  END $$`;

/** Changes the history past its trigger, as a superuser, and computes the chain again unless it is told not to. */
export async function rewriteHistory(
  server: TestServer,
  database: TestDatabase,
  sql: string,
): Promise<void> {
  const client = await database.connect(server.superuser, server.superuserPassword);
  await client.query("ALTER TABLE v7_control.history DISABLE TRIGGER history_is_append_only");
  await client.query(sql);
  await client.query(RECHAIN);
  await client.query("ALTER TABLE v7_control.history ENABLE TRIGGER history_is_append_only");
  await client.end();
}

/** The table as the version before made it: with a constraint that lists the actions, and no proof in any row. */
export const FORMER_VERSION = `
  ALTER TABLE v7_control.history ADD CONSTRAINT history_action_check
    CHECK (action IN ('apply', 'rollback', 'repair', 'adopt', 'restore', 'trust'));
  UPDATE v7_control.history SET details = details - 'proof';
  UPDATE v7_control.history SET step_sha256 = 'c0ea497c250e16cde532f9868a5fd38de190ba9b1f3629be66e82e97e71699ba'
   WHERE step_id = 'v7_control'`;
