import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { Client } from "pg";
import { changeBetween } from "../../../runner/catalog/change";
import { describeCatalog } from "../../../runner/catalog/describe";
import { dropRank, kindOf, KINDS } from "../../../runner/catalog/kinds";
import { dropStatement, setBackStatement, severityOf } from "../../../runner/catalog/kinds/kind";
import { titleOf } from "../../../runner/catalog/kinds/objectId";
import { MAJORS } from "../../support/majors";
import { serverOfFile } from "../../support/postgres";
import { compact } from "./compact";

/** One object of each kind that scene.sql lacks. */
const MORE = `
  CREATE PROCEDURE app.tidy(integer) LANGUAGE plpgsql AS 'BEGIN NULL; END';
  CREATE AGGREGATE app.total(integer) (SFUNC = int4pl, STYPE = integer);
  CREATE OPERATOR app.=== (LEFTARG = integer, RIGHTARG = integer, FUNCTION = int4eq);
  CREATE OPERATOR CLASS app.by_abs FOR TYPE integer USING btree AS OPERATOR 1 <, FUNCTION 1 btint4cmp(integer, integer);
  CREATE CAST (app.pair AS text) WITH INOUT;
  CREATE COLLATION app.german (provider = icu, locale = 'de');
  CREATE TEXT SEARCH CONFIGURATION app.plain (COPY = pg_catalog.simple);
  CREATE TEXT SEARCH DICTIONARY app.words (TEMPLATE = pg_catalog.simple);
  CREATE TYPE app.spans AS RANGE (subtype = integer);
  CREATE FOREIGN DATA WRAPPER far; CREATE SERVER other FOREIGN DATA WRAPPER far;
  CREATE USER MAPPING FOR anon SERVER other; CREATE FOREIGN TABLE app.remote (id integer) SERVER other;
  CREATE EVENT TRIGGER watch ON ddl_command_end EXECUTE FUNCTION extensions.pgrst_ddl_watch();
  CREATE PUBLICATION of_schema FOR TABLES IN SCHEMA app;
  CREATE EXTENSION citext SCHEMA app;
  CREATE ROLE v7_one; GRANT anon TO v7_one; ALTER ROLE v7_one SET work_mem = '8MB'`;

/** Changes of properties, which the descriptors reverse. */
const CHANGES: readonly string[] = [
  "ALTER TABLE app.person ENABLE ROW LEVEL SECURITY",
  "ALTER TABLE app.person FORCE ROW LEVEL SECURITY",
  "ALTER VIEW app.people OWNER TO postgres",
  "COMMENT ON TABLE app.person IS NULL",
  "COMMENT ON COLUMN app.person.name IS 'it''s'",
  "COMMENT ON CONSTRAINT email_check ON DOMAIN app.email IS 'an address'",
  "COMMENT ON INDEX app.pet_name IS 'by name'",
  "COMMENT ON POLICY own ON app.pet IS 'own'",
  "COMMENT ON FUNCTION app.oldest() IS 'the age'",
  "COMMENT ON ROLE anon IS 'nobody'",
  "ALTER TABLE app.person ALTER mood DROP DEFAULT",
  "ALTER TABLE app.person ALTER name DROP NOT NULL",
  "ALTER DOMAIN app.email SET DEFAULT 'a@b'",
  "ALTER TABLE app.person DISABLE TRIGGER person_touch",
  "ALTER TABLE app.pet DISABLE RULE quiet",
  "ALTER EVENT TRIGGER pgrst_ddl_watch ENABLE ALWAYS",
  "ALTER ROLE anon LOGIN BYPASSRLS",
  "ALTER FUNCTION app.oldest() OWNER TO postgres",
];

it("every object kind has a unique name, and gives each difference a severity", () => {
  expect(new Set(KINDS.map(({ kind }) => kind)).size).toBe(KINDS.length);
  expect(severityOf(kindOf("table"), "privileges")).toBe("critical");
  expect(severityOf(kindOf("column"), "comment")).toBe("low");
  expect(severityOf(kindOf("column"), "identity")).toBe("high");
  expect(severityOf(kindOf("policy"))).toBe("critical");
});

describe.each(MAJORS)("a descriptor on PostgreSQL %i", (major) => {
  const server = serverOfFile({ major });
  let client: Client;
  const scene = readFileSync(join(__dirname, "scene.sql"), "utf8");

  beforeAll(async () => {
    const made = await server().createDatabase({ shape: "supabase" });
    client = await made.connect(server().superuser);
    await client.query("SET search_path = pg_catalog, pg_temp");
  });

  beforeEach(async () => {
    await client.query("BEGIN");
  });

  afterEach(async () => {
    await client.query("ROLLBACK");
  });

  it("drops every created object, in the order of the kinds", async () => {
    const before = await describeCatalog(client);
    await client.query(scene + MORE);
    const made = changeBetween(before, await describeCatalog(client)).added;
    const drops = [...made]
      .sort((a, b) => dropRank(a.id.kind) - dropRank(b.id.kind))
      .flatMap(({ id }) => dropStatement(kindOf(id.kind), id) ?? []);
    // The second pass is for a table and a function that reads it: either may need the other to go first.
    for (const statement of [...drops, ...drops]) {
      await client.query("SAVEPOINT one");
      // What belongs to another object cannot be dropped, or is gone with it: a constraint's index, a column's sequence.
      await client.query(statement).catch(() => client.query("ROLLBACK TO one"));
    }
    expect(compact(changeBetween(before, await describeCatalog(client)))).toStrictEqual([]);
  });

  it.each(CHANGES)("reverses the change of a property: %s", async (sql) => {
    await client.query(scene);
    const before = await describeCatalog(client);
    await client.query(sql);
    const { changed } = changeBetween(before, await describeCatalog(client));
    const statements = changed.flatMap(({ id, properties }) =>
      Object.entries(properties).map(([name, { from }]) =>
        setBackStatement(kindOf(id.kind), id, name, from),
      ),
    );
    expect(statements.length).toBeGreaterThan(0);
    for (const statement of statements) {
      await client.query((statement ?? "").replace('"<superuser>"', server().superuser));
    }
    expect(compact(changeBetween(before, await describeCatalog(client)))).toStrictEqual([]);
  });

  it("has no statement for a change that cannot be reversed without a loss", () => {
    const id = { kind: "table", schema: "public", name: 'a"b' };
    expect(setBackStatement(kindOf("table"), id, "inherits", [])).toBeNull();
    expect(dropStatement(kindOf("table"), id)).toBe('DROP TABLE "public"."a""b"');
    const label = { kind: "label", name: "sad", of: { kind: "enum", schema: "app", name: "mood" } };
    expect(dropStatement(kindOf("label"), label)).toBeNull();
    expect(titleOf(label)).toBe("label sad of enum app.mood");
  });
});
