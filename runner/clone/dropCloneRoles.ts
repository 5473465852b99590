import { escapeIdentifier } from "pg";
import type { ConnectionSettings } from "../model";
import { withMaintenance } from "../postgres/connection";
import { cloneFault } from "./cloneFault";

/**
 * Drops the roles of a stack whose database was dropped, and with it all that they owned and were granted. Ignores names
 * without the stack's suffix, and roles that do not exist.
 *
 * @returns the roles that were dropped
 * @throws CLONE_REFUSED where a role owns something in another database: it stays
 */
export async function dropCloneRoles(
  connection: ConnectionSettings,
  names: readonly string[],
  suffix: string,
): Promise<string[]> {
  const own = names.filter((name) => suffix !== "" && name.endsWith(suffix));
  return await withMaintenance(connection, async (client) => {
    const { rows } = await client.query<{ rolname: string }>(
      "SELECT rolname FROM pg_catalog.pg_roles WHERE rolname = ANY ($1) ORDER BY rolname",
      [own],
    );
    const there = rows.map(({ rolname }) => rolname);
    for (const role of there) {
      await client.query(`DROP ROLE ${escapeIdentifier(role)}`).catch((error: unknown) => {
        throw cloneFault(`dropping the role "${role}" of a stack whose database is gone`, error);
      });
    }
    return there;
  });
}
