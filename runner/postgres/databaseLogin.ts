/** Supabase's poolers find the project by the login's name: `postgres.PROJECT`. */
const SUPABASE_POOLER = /\.pooler\.supabase\.com$/;

/**
 * The login's name inside the server. It is the one that connects, but for a Supabase pooler, which is told
 * `postgres.PROJECT` and logs in as `postgres`.
 *
 * https://supabase.com/docs/guides/database/connecting-to-postgres
 */
export function databaseLogin(host: string, user: string): string {
  return SUPABASE_POOLER.test(host) ? user.replace(/\.[^.]+$/, "") : user;
}
