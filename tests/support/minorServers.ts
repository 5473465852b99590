import { execFileSync } from "node:child_process";
import { join } from "node:path";
import type { PostgresMajor } from "../../runner/postgres/majors";

/**
 * What PostgreSQL 15.20 and 17.12 do by themselves: an option of the server's own at each column of a table, view or composite
 * type that is made, next to the user's; and the same at tables, views and indexes, which no release does yet.
 */
const SERVER_WRITES_OPTIONS = `
  CREATE FUNCTION extensions.write_options() RETURNS event_trigger LANGUAGE plpgsql SECURITY DEFINER
    SET search_path = pg_catalog SET allow_system_table_mods = on AS $$
  BEGIN
    UPDATE pg_attribute a SET attoptions = ARRAY['pg_attver=' || c.oid] || attoptions
      FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
     WHERE a.attrelid = c.oid AND a.attnum > 0 AND c.relkind IN ('r', 'p', 'v', 'c') AND n.nspname !~ '^(pg_|information_schema)'
       AND coalesce(attoptions::text, '') !~ 'pg_attver';
    UPDATE pg_class c SET reloptions = ARRAY['pg_relver=' || c.oid] || reloptions
      FROM pg_namespace n
     WHERE n.oid = c.relnamespace AND c.relkind IN ('r', 'v', 'i') AND n.nspname !~ '^(pg_|information_schema)'
       AND coalesce(reloptions::text, '') !~ 'pg_relver';
  END $$;
  CREATE EVENT TRIGGER write_options ON ddl_command_end EXECUTE FUNCTION extensions.write_options();
  COMMENT ON TABLE public.file_audit IS NULL`;

/** A server that the machine's package manager installed, newer than npm's: V7_POSTGRES_BIN names its folder of programs. */
const installed = process.env["V7_POSTGRES_BIN"] ?? "";

export interface MinorServer {
  readonly name: string;
  readonly major: PostgresMajor;
  /** What makes it write options by itself; empty if it does so anyway. */
  readonly sql: string;
  readonly binFolder: string | undefined;
}

/** A server of each major that is made to write options by itself, and the installed server if there is one. */
export const SERVERS: readonly MinorServer[] = [
  ...([15, 16, 17, 18] as const).map((major) => ({
    name: `PostgreSQL ${String(major)}, made to write options by itself`,
    major,
    sql: SERVER_WRITES_OPTIONS,
    binFolder: undefined,
  })),
  ...(installed === ""
    ? []
    : [{ name: versionOf(installed), major: majorOf(installed), sql: "", binFolder: installed }]),
];

function versionOf(folder: string): string {
  return execFileSync(join(folder, "postgres"), ["--version"], { encoding: "utf8" }).trim();
}

function majorOf(folder: string): PostgresMajor {
  const major = Number(/\d+/.exec(versionOf(folder))?.[0]);
  if (major !== 15 && major !== 16 && major !== 17 && major !== 18) {
    throw new Error(`V7_POSTGRES_BIN has PostgreSQL ${String(major)}; 15 to 18 are supported`);
  }
  return major;
}
