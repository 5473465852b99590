import type { Client } from "pg";
import type { TestServer } from "./postgres";

/** The text in the server's log when another role than the planter called a trap. */
const FIRED = "TRAP fired";

/** The log has the call even if it is rolled back, or its error is caught. */
const BODY = `BEGIN IF current_user <> 'app' THEN RAISE LOG '${FIRED} as %: %', current_user, TG; RAISE EXCEPTION '${FIRED}'; END IF; RETURN NULL; END`;

/** Copies of the built-in functions and operators, argument by argument: they win if their schema is named before pg_catalog. */
const COPIES = `DO $do$ DECLARE one record; body text; n int := 0;
BEGIN
  FOR one IN SELECT p.proname AS name, pg_get_function_identity_arguments(p.oid) AS arguments, pg_get_function_result(p.oid) AS result
               FROM pg_proc p WHERE p.pronamespace = 'pg_catalog'::regnamespace AND p.prokind = 'f' AND NOT p.proretset AND p.oid < 16384
  LOOP
    BEGIN
      EXECUTE format('CREATE FUNCTION SCHEMA.%I(%s) RETURNS %s LANGUAGE plpgsql SET search_path = pg_catalog AS %L',
        one.name, one.arguments, one.result, replace($$${BODY}$$, 'TG', quote_literal(one.name)));
    EXCEPTION WHEN OTHERS THEN NULL; END;
  END LOOP;
  FOR one IN SELECT o.oprname AS name, o.oprleft::regtype AS l, o.oprright::regtype AS r, o.oprresult::regtype AS result
               FROM pg_operator o WHERE o.oprnamespace = 'pg_catalog'::regnamespace AND o.oprleft <> 0 AND o.oid < 16384
  LOOP
    BEGIN
      n := n + 1;
      EXECUTE format('CREATE FUNCTION SCHEMA.operator_%s(%s, %s) RETURNS %s LANGUAGE plpgsql SET search_path = pg_catalog AS %L',
        n, one.l, one.r, one.result, replace($$${BODY}$$, 'TG', quote_literal('operator ' || one.name)));
      EXECUTE format('CREATE OPERATOR SCHEMA.%s (LEFTARG = %s, RIGHTARG = %s, FUNCTION = SCHEMA.operator_%s)', one.name, one.l, one.r, n);
    EXCEPTION WHEN OTHERS THEN NULL; END;
  END LOOP;
END $do$`;

/** For arguments that the built-in ones take only by a cast: better matches, at any place of their schema in the path. */
const BETTER_MATCHES = `DO $do$ DECLARE one record; n int := 0;
BEGIN
  FOR one IN SELECT DISTINCT o.oprname AS name, l.t AS l, r.t AS r, o.oprresult::regtype AS result FROM pg_operator o,
      unnest('{name,character varying,"char",text,regclass,oid}'::text[]) AS l(t), unnest('{name,character varying,"char",text,regclass}'::text[]) AS r(t)
     WHERE o.oprnamespace = 'pg_catalog'::regnamespace AND o.oprleft = 'text'::regtype AND o.oprright = 'text'::regtype
       AND NOT EXISTS (SELECT FROM pg_operator b WHERE b.oprname = o.oprname AND b.oprleft = l.t::regtype AND b.oprright = r.t::regtype)
  LOOP
    n := n + 1;
    EXECUTE format('CREATE FUNCTION SCHEMA.better_%s(%s, %s) RETURNS %s LANGUAGE plpgsql SET search_path = pg_catalog AS %L',
      n, one.l, one.r, one.result, replace($$${BODY}$$, 'TG', quote_literal('operator ' || one.name)));
    EXECUTE format('CREATE OPERATOR SCHEMA.%s (LEFTARG = %s, RIGHTARG = %s, FUNCTION = SCHEMA.better_%s)', one.name, one.l, one.r, n);
  END LOOP;
  FOR one IN SELECT DISTINCT p.proname AS name, a.t AS argument FROM pg_proc p, unnest('{name,character varying,"char",regclass}'::text[]) AS a(t)
     WHERE p.pronamespace = 'pg_catalog'::regnamespace AND p.pronargs = 1 AND p.prokind = 'f' AND p.proargtypes[0] = 'text'::regtype
  LOOP
    EXECUTE format('CREATE FUNCTION SCHEMA.%I(%s) RETURNS text LANGUAGE plpgsql SET search_path = pg_catalog AS %L',
      one.name, one.argument, replace($$${BODY}$$, 'TG', quote_literal(one.name)));
  END LOOP;
  CREATE FUNCTION SCHEMA.step(bigint, uuid) RETURNS bigint LANGUAGE plpgsql SET search_path = pg_catalog AS $$${BODY.replace("TG", "'count'")}$$;
  CREATE AGGREGATE SCHEMA.count(uuid) (SFUNC = SCHEMA.step, STYPE = bigint, INITCOND = '0');
END $do$`;

/** Makes the role `app`, which may create in the database's schemas and nothing else. */
export async function makePlanter(admin: Client): Promise<void> {
  await admin.query(
    "DO $$ BEGIN CREATE ROLE app NOLOGIN; EXCEPTION WHEN duplicate_object THEN NULL; END $$",
  );
  await admin.query("GRANT CREATE, USAGE ON SCHEMA public TO app");
}

/**
 * Plants traps as `app` in its own schema and in one with the login's name, and has the login's and the
 * database's settings put both before pg_catalog, which a careless connection does not notice.
 */
export async function plantBeforeBuiltIns(
  admin: Client,
  database: string,
  login: string,
): Promise<void> {
  for (const schema of ["trap", login]) {
    await admin.query(
      `CREATE SCHEMA "${schema}" AUTHORIZATION app; GRANT USAGE ON SCHEMA "${schema}" TO PUBLIC`,
    );
    await plant(admin, COPIES, schema);
  }
  const path = `SET search_path = "$user", trap, pg_catalog, public`;
  await admin.query(`ALTER DATABASE "${database}" ${path}; ALTER ROLE "${login}" ${path}`);
}

/** Plants better matches in public, where any role with CREATE on it could. */
export async function plantInPublic(admin: Client): Promise<void> {
  await plant(admin, BETTER_MATCHES, "public");
}

async function plant(admin: Client, sql: string, schema: string): Promise<void> {
  await admin.query(
    `SET ROLE app; SET check_function_bodies = off; SET search_path = pg_catalog; ${sql.replaceAll("SCHEMA.", `"${schema}".`)}; RESET ROLE; RESET check_function_bodies; RESET search_path`,
  );
}

/** The log's lines about traps that fired so far. */
export function firedTraps(server: TestServer): string[] {
  return server
    .serverLog()
    .split("\n")
    .filter(
      (line) => line.includes(FIRED) && !line.includes("STATEMENT:") && line.includes("LOG:"),
    );
}
