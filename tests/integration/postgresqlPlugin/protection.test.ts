import type { Client } from "pg";
import { isProtected } from "../../../runner/postgres/protection";
import { serverOfFile } from "../../support/postgres";

jest.setTimeout(120_000);

const server = serverOfFile({ major: 17 });

describe("a database's protection", () => {
  const fresh = async (unprotected: boolean): Promise<{ name: string; sql: Client }> => {
    const database = await server().createDatabase({ shape: "empty", unprotected });
    return { name: database.name, sql: await database.connect() };
  };

  it("holds unless the database's own setting says otherwise", async () => {
    const [closed, open] = [await fresh(false), await fresh(true)];
    expect(await isProtected(closed.sql)).toBe(true);
    expect(await isProtected(open.sql)).toBe(false);
    expect(await isProtected(closed.sql, open.name)).toBe(false);
    expect(await isProtected(open.sql, closed.name)).toBe(true);
    expect(await isProtected(open.sql, "no such database")).toBe(true);
  });

  it.each([
    ["the session", "SET v7.unprotected = 'on'"],
    ["the login, everywhere", "ALTER ROLE CURRENT_USER SET v7.unprotected = 'on'"],
    ["the login, here", "ALTER ROLE CURRENT_USER IN DATABASE <name> SET v7.unprotected = 'on'"],
    ["all logins, everywhere", "ALTER ROLE ALL SET v7.unprotected = 'on'"],
    ["the database, with another value", "ALTER DATABASE <name> SET v7.unprotected = 'off'"],
    ["the database, under another name", "ALTER DATABASE <name> SET v7.unprotected_too = 'on'"],
  ])("is not lifted by a setting of %s", async (_, statement) => {
    const { name, sql } = await fresh(false);
    await sql.query(statement.replace("<name>", name));
    expect(await isProtected(sql)).toBe(true);
    await sql.query("ALTER ROLE CURRENT_USER RESET ALL; ALTER ROLE ALL RESET ALL");
  });

  it("is read with PostgreSQL's own functions, whatever the search path is", async () => {
    const { sql } = await fresh(false);
    await sql.query(
      `CREATE SCHEMA evil;
       CREATE FUNCTION evil.current_database() RETURNS name LANGUAGE sql AS $$ SELECT 'postgres'::name $$;
       CREATE TABLE evil.pg_db_role_setting (setdatabase oid, setrole oid, setconfig text[]);
       CREATE FUNCTION evil.always(oid, oid) RETURNS boolean LANGUAGE sql AS 'SELECT true';
       CREATE OPERATOR evil.= (LEFTARG = oid, RIGHTARG = oid, FUNCTION = evil.always);
       ALTER DATABASE postgres SET v7.unprotected = 'on';
       SET search_path = evil, pg_catalog`,
    );
    expect(await isProtected(sql)).toBe(true);
  });

  it("is an error, and not lifted, when it cannot be read", async () => {
    const { sql } = await fresh(true);
    await sql.query("BEGIN");
    await expect(sql.query("SELECT 1 / 0")).rejects.toThrow();
    await expect(isProtected(sql)).rejects.toThrow(/current transaction is aborted/);
  });

  it("cannot be lifted by an owner who is not a superuser", async () => {
    const database = await server().createDatabase({ shape: "supabase" });
    const owner = await database.connect();
    for (const trick of ["", "SET v7.unprotected = 'on';"]) {
      await expect(
        owner.query(`${trick} ALTER DATABASE ${database.name} SET v7.unprotected = 'on'`),
      ).rejects.toThrow(/permission denied to set parameter/);
    }
    expect(await isProtected(owner)).toBe(true);
  });
});
