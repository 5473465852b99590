/** Supabase's poolers find the project by the login's name: `postgres.PROJECT`. */
const SUPABASE_POOLER = /\.pooler\.supabase\.com$/;

/**
 * The login's name inside the server: the name that connects. Only with a Supabase pooler they differ: a client connects as
 * `postgres.PROJECT`, and the pooler logs in as `postgres`.
 *
 * https://supabase.com/docs/guides/database/connecting-to-postgres
 */
export function databaseLogin(host: string, user: string): string {
  return SUPABASE_POOLER.test(host) ? user.replace(/\.[^.]+$/, "") : user;
}
