import type { Client } from "pg";
import type { Baseline, Defaults } from "../directive/lock";
import {
  baselineFolder,
  DATABASE_NAME,
  provision,
  STACK_USER,
  startThrowaway,
  type ThrowawayServer,
} from "../embedded";
import { withConnection } from "../postgres/connection";
import { POSTGRES_MAJORS } from "../postgres/majors";

export const DEFAULTS: readonly Defaults[] = ["closed", "open"];

/** Every baseline that a lock is made on. */
export const BASELINES: readonly Baseline[] = POSTGRES_MAJORS.flatMap((major) =>
  DEFAULTS.map((defaults) => ({ major, defaults })),
);

/** As the lock has it: `15 open`. */
export function baselineName({ major, defaults }: Baseline): string {
  return `${major} ${defaults}`;
}

/** For a person: `PostgreSQL 15 with default privileges`. */
export function describeBaseline({ major, defaults }: Baseline): string {
  return `PostgreSQL ${major} ${defaults === "open" ? "with" : "without"} default privileges`;
}

/** Nothing runs in the background, and a directive of a thousand tables fits into one transaction. */
const SETTINGS = { autovacuum: "off", jit: "off", max_locks_per_transaction: "1024" };

/** The server has only a few rows: a statement that takes longer would never end. */
const STATEMENT_TIMEOUT = "60s";

const CLOSE_DEFAULTS = `
DO $$
DECLARE
    one record;
BEGIN
    FOR one IN
        SELECT pg_get_userbyid(d.defaclrole) AS owner, n.nspname, g.rolname,
               CASE d.defaclobjtype WHEN 'r' THEN 'TABLES' WHEN 'S' THEN 'SEQUENCES'
                    WHEN 'f' THEN 'FUNCTIONS' WHEN 'T' THEN 'TYPES' END AS objects
          FROM pg_default_acl d JOIN pg_namespace n ON n.oid = d.defaclnamespace
         CROSS JOIN LATERAL aclexplode(d.defaclacl) a JOIN pg_roles g ON g.oid = a.grantee
         GROUP BY 1, 2, 3, 4
    LOOP
        EXECUTE format('ALTER DEFAULT PRIVILEGES FOR ROLE %I IN SCHEMA %I REVOKE ALL ON %s FROM %I',
                       one.owner, one.nspname, one.objects, one.rolname);
    END LOOP;
END
$$`;

/**
 * Starts a throwaway server with that baseline and the files of sql/dev_baseline, and runs `use` on it as the login of
 * production's runner: `postgres`, which is no superuser. The server is used for one run only and removed afterwards.
 *
 * @throws EMBEDDED_FAILED
 */
export async function withBaseline<T>(
  sqlFolder: string,
  { major, defaults }: Baseline,
  use: (client: Client) => Promise<T>,
): Promise<T> {
  const server = await startThrowaway(major, SETTINGS);
  try {
    const { port, superuserPassword: password } = server;
    await provision({
      baseline: baselineFolder(sqlFolder),
      port,
      superuserPassword: password,
      password,
    });
    if (defaults === "closed") {
      await withConnection(loginOf(server, server.superuser), (client) =>
        client.query(CLOSE_DEFAULTS),
      );
    }
    return await withConnection(loginOf(server, STACK_USER), async (client) => {
      await client.query(`SET statement_timeout = '${STATEMENT_TIMEOUT}'`);
      return await use(client);
    });
  } finally {
    await server.stop();
  }
}

function loginOf({ host, port, superuserPassword }: ThrowawayServer, user: string) {
  return {
    host,
    port,
    user,
    password: superuserPassword,
    databaseName: DATABASE_NAME,
    sslMode: "disable" as const,
  };
}
